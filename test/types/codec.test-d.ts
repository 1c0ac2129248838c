import {expectAssignable, expectError, expectType} from 'tsd';
import type {Buffer} from 'node:buffer';
import type {CoTcpConnection} from 'cotcp';
import {FramedConnection, InputBuffer, type Codec} from '../../dist/codec/index.js';
import {onFrames, type TcpConnection, type TcpHandlers} from '../../dist/reactor/index.js';

declare const connection: CoTcpConnection;
declare const codec: Codec<Buffer, string>;

const framed = connection.framed(codec);
expectType<FramedConnection<Buffer, string>>(framed);
expectAssignable<CoTcpConnection>(framed.connection);
expectType<Promise<Buffer | null>>(framed.read());
expectType<Promise<Buffer | null>>(framed.read({timeout: 5, signal: new AbortController().signal}));
expectType<Promise<void>>(framed.send('text'));
expectType<Promise<void>>(framed.sendAll(['text'], {timeout: 5}));
expectAssignable<AsyncIterable<Buffer>>(framed);
expectError(framed.send(5));
expectError(framed.sendAll('text'));
expectError(framed.read({max: 5}));
expectError(connection.framed({}));
expectError(connection.framed({decode: () => 5}));

expectType<Codec<number, number>>({} as Codec<number>);
expectAssignable<Codec<number>>({
	decode: async (buffer: InputBuffer) => buffer.readUInt8(),
	encode: (frame: number) => ['text', Uint8Array.of(frame)] as const,
});
expectError<Codec<number>>({decode: () => 'text', encode: (_frame: number) => 'text'});

const onMessage = onFrames(codec, (peer, frame, receiveTime) => {
	expectType<TcpConnection>(peer);
	expectType<Buffer>(frame);
	expectType<number>(receiveTime);
});
expectAssignable<TcpHandlers>({onMessage});
expectError(onFrames(codec, 5));
expectError(onFrames({}, () => {}));
