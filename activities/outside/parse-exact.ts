const longInteger = /(^|[[,:\s])-?\d{16,}([,\]}\s]|$)/;
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;

/** JSON in which an integer that a number cannot hold is a string. @throws SyntaxError */
export function parseExact(text: string): unknown {
  return JSON.parse(longInteger.test(text) ? text.replace(tokens, quoteLong) : text);
}

function quoteLong(token: string): string {
  return /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}
