// Laying out XML and JSON for reading; what stands in CDATA is left exactly as it was sent.

export function pretty(text) {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return prettyJson(trimmed) ?? text;
  if (trimmed.startsWith("<xml>")) return prettyXml(trimmed);
  return text;
}

function prettyJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

function prettyXml(text) {
  const pieces = text.split(/(<!\[CDATA\[[\s\S]*?\]\]>|<\/?[^>]+>)/).filter((piece) => piece.trim());
  let depth = 0;
  let out = "";
  let opened = false; // the last piece opened an element, so its text or end stays on the line
  for (const piece of pieces) {
    if (piece.startsWith("</")) {
      depth -= 1;
      out += opened ? piece : `\n${"  ".repeat(depth)}${piece}`;
      opened = false;
    } else if (piece.startsWith("<") && !piece.startsWith("<!")) {
      out += `${out ? "\n" : ""}${"  ".repeat(depth)}${piece}`;
      depth += 1;
      opened = true;
    } else {
      out += piece;
    }
  }
  return out;
}
