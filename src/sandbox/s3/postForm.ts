import { WireError } from "../wire/types.ts";

/** A form that a browser has sent with one file (RFC 7578). */
export interface PostForm {
  /** By lower-case name, in the order of the form; what stands after the file does not count. */
  fields: Map<string, string>;
  file: { name: string; type?: string; body: Uint8Array };
}

const MAX_FIELDS_BYTES = 20_480;

/**
 * Takes a multipart form apart (AWS: "Browser-based uploads using POST").
 * @throws WireError MalformedPOSTRequest, InvalidArgument, MaxPostPreDataLengthExceeded
 */
export function readPostForm(contentType: string, body: Uint8Array): PostForm {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (!mark) throw malformed();
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const fields = new Map<string, string>();
  let at = bytes.indexOf(`--${mark}`);
  if (at < 0) throw malformed();
  for (;;) {
    at += mark.length + 2;
    if (bytes.subarray(at, at + 2).toString("latin1") === "--") break;
    const head = bytes.indexOf("\r\n\r\n", at);
    const end = head < 0 ? -1 : bytes.indexOf(`\r\n--${mark}`, head + 2);
    if (end < 0) throw malformed();
    const headers = bytes.subarray(at, head).toString("utf8");
    const content = bytes.subarray(Math.min(head + 4, end), end);
    const name = /name="([^"]*)"/i.exec(headers)?.[1]?.toLowerCase();
    if (name === "file") {
      const type = /^content-type:\s*(.+)$/im.exec(headers)?.[1]?.trim();
      const path = /filename="([^"]*)"/i.exec(headers)?.[1] ?? "";
      return { fields, file: { name: path.split(/[\\/]/).at(-1) ?? "", type, body: content } };
    }
    if (name) fields.set(name, content.toString("utf8"));
    if (at > MAX_FIELDS_BYTES)
      throw new WireError(
        "MaxPostPreDataLengthExceeded",
        "Your POST request fields preceding the upload file were too large.",
      );
    at = end + 2;
  }
  throw new WireError("InvalidArgument", "POST requires exactly one file upload per request.", 400, {
    ArgumentName: "file",
    ArgumentValue: "0",
  });
}

const malformed = () =>
  new WireError("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.");
