/** Commands as somebody types them: words with spaces between them, quoted where a word has spaces itself. */
import {Buffer} from 'node:buffer';
import {ProtocolError} from 'cotcp';

const escapes: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', b: '\b', a: '\u0007'};

const word = /\s*(?:"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|(?<plain>[^\s"']\S*))(?=\s|$)/suy;

function unescape(text: string): string {
	return text.replaceAll(/\\(?:x(?<hex>[\da-f]{2})|(?<one>.))/gisu, (_, hex: string | undefined, one: string) =>
		hex === undefined ? (escapes[one] ?? one) : String.fromCharCode(parseInt(hex, 16)),
	);
}

/** The words of one line. It has one character per byte (latin1), and so have they. */
export function splitInline(line: string): Buffer[] {
	const words: Buffer[] = [];
	const text = line.trimEnd();
	for (word.lastIndex = 0; word.lastIndex < text.length;) {
		const {double, single, plain} = word.exec(text)?.groups ?? {};
		const found = plain ?? single?.replaceAll("\\'", "'") ?? (double === undefined ? undefined : unescape(double));
		if (found === undefined) throw new ProtocolError('The quotes of an inline command do not match');
		words.push(Buffer.from(found, 'latin1'));
	}

	return words;
}
