import { expect } from "chai";
import { Problem } from "../../../../src/shared/http/problem.js";
import { parseStrictJson } from "../../../../src/shared/http/strict-json.js";

describe("JSON bodies", () => {
  const refusalOf = (text: string) => {
    try {
      parseStrictJson(text);
    } catch (error) {
      if (error instanceof Problem) return { name: error.refusal.name, field: error.details.field };
      throw error;
    }
    return null;
  };

  it("are what JSON.parse makes of them", () => {
    const text = '{"a":[1,{"b":null}],"c d":"x\\"y","e":{"a":true,"b":-2},"f":[]}';
    expect(parseStrictJson(text)).to.deep.equal(JSON.parse(text));
  });

  it("keep numbers that are not whole, or too large, as the text that the client wrote", () => {
    expect(parseStrictJson('{"price":64000.10,"quantity":1e-7,"id":9007199254740993,"lots":3}')).to.deep.equal({
      price: "64000.10",
      quantity: "1e-7",
      id: "9007199254740993",
      lots: 3,
    });
  });

  it("have each field once, however it is spelt", () => {
    expect(refusalOf('{"price":1,"price":2}')).to.deep.equal({ name: "UNSUPPORTED_COMBINATION", field: "price" });
    expect(refusalOf('{"price":1,"pr\\u0069ce":1}')).to.include({ field: "price" });
    expect(refusalOf('{"a":{"x":1},"b":{"x":1},"c":"x"}')).to.equal(null);
    expect(refusalOf('[{"x":1},{"x":1}]')).to.equal(null);
  });

  it("are JSON, and not too deep", () => {
    for (const text of ["", "{", "{'a':1}", "[01]", "{}{}", "[1.]", '{"a":NaN}', "[--1]"])
      expect(refusalOf(text), text).to.include({ name: "MALFORMED_MESSAGE" });
    expect(refusalOf("[".repeat(17) + "]".repeat(17))).to.include({ name: "MALFORMED_MESSAGE" });
  });
});
