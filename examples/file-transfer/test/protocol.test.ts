import test from 'ava';
import {
	decodeHeaderStart,
	decodeName,
	decodeRequest,
	encodeHeader,
	encodeRefusal,
	encodeRequest,
	FormatError,
	headerLength,
	requestLength,
} from '../framed/protocol.js';
import {plainBaseName, ReplyError} from '../download/reply.js';

const facts = {name: 'käse.bin', size: 2 ** 40, mtimeNs: 1_700_000_000_123_456_789n};

test('a request has the bytes that the README tells', t => {
	t.is(encodeRequest(2 ** 33 + 5).toString('hex'), '636f7466' + '01' + '000000' + '0000000200000005');
	t.deepEqual(decodeRequest(encodeRequest(2 ** 33 + 5)), {version: 1, offset: 2 ** 33 + 5});
	t.is(encodeRequest(0).length, requestLength);
});

test('a header has the bytes that the README tells', t => {
	t.is(
		encodeHeader({name: 'ab', size: 258, mtimeNs: -1n}, 257).toString('hex'),
		'636f7466' + '01' + '00' + '0002' + '0000000000000102' + 'ffffffffffffffff' + '0000000000000101' + '6162',
	);
});

test('a decoded header is what was encoded', t => {
	const bytes = encodeHeader(facts, 77);
	const start = decodeHeaderStart(bytes.subarray(0, headerLength));
	t.deepEqual(start, {version: 1, status: 'ok', nameLength: 9, size: facts.size, mtimeNs: facts.mtimeNs, offset: 77});
	t.is(decodeName(bytes.subarray(headerLength)), facts.name);
});

test('a refusal tells its reason', t => {
	t.is(decodeHeaderStart(encodeRefusal('version')).status, 'version');
	t.is(decodeHeaderStart(encodeRefusal('offset')).status, 'offset');
});

test('a name of more than 255 bytes is not encoded', t => {
	t.throws(() => encodeHeader({...facts, name: 'ä'.repeat(128)}, 0), {instanceOf: FormatError});
	t.throws(() => encodeHeader({...facts, name: ''}, 0), {instanceOf: FormatError});
});

test('a request of another protocol is refused', t => {
	t.throws(() => decodeRequest(Buffer.from('GET / HTTP/1.1\r\n')), {
		instanceOf: FormatError,
		message: "a message must begin with 'cotf'",
	});
});

const refusesHeader = test.macro((t, change: (bytes: Buffer) => void, message: RegExp) => {
	const bytes = encodeHeader(facts, 0);
	change(bytes);
	t.throws(() => decodeHeaderStart(bytes), {instanceOf: FormatError, message});
});

test('a header with another magic is refused', refusesHeader, bytes => bytes.write('x'), /must begin with/);
test('a header with an unknown status is refused', refusesHeader, bytes => bytes.writeUInt8(3, 5), /unknown status 3/);
test('a header without a name is refused', refusesHeader, bytes => bytes.writeUInt16BE(0, 6), /not 0/);
test('a header with a long name is refused', refusesHeader, bytes => bytes.writeUInt16BE(256, 6), /not 256/);
test(
	'a header with a size above 2^53 is refused',
	refusesHeader,
	bytes => bytes.writeBigUInt64BE(2n ** 53n, 8),
	/size 9007199254740992 is above/,
);
test(
	'a header with an offset beyond the size is refused',
	refusesHeader,
	bytes => bytes.writeBigUInt64BE(2n ** 40n + 1n, 24),
	/lies beyond the size/,
);

test('a name that is no UTF-8 is refused', t => {
	t.throws(() => decodeName(Buffer.from([0xff])), {instanceOf: FormatError});
});

test('a proposed name loses its directories', t => {
	t.deepEqual(
		['a', '/etc/passwd', '../../b', 'c/', '.profile'].map(name => plainBaseName(name)),
		['a', 'passwd', 'b', 'c', '.profile'],
	);
});

for (const name of ['', '.', '..', '/', 'a/..', 'a\0b', 'a\u001B[2J', 'a\nb']) {
	test(`the proposed name ${JSON.stringify(name)} is refused`, t => {
		t.throws(() => plainBaseName(name), {
			instanceOf: ReplyError,
			message: /is no file name; give one with --output$/,
		});
	});
}
