import {lengthPrefixed} from 'cotcp/codec';
import {EventLoop, TcpServer, onFrames} from 'cotcp/reactor';
import {announceBoth, floodChunk, readHostileOptions} from './hostile-options.mjs';

const limits = readHostileOptions(
	'Answers frames, and floods those who connect to a second port; cotcp, reactor face.',
);
const options = {port: 0, host: '127.0.0.1', ...limits};
const loop = EventLoop.current();
const codec = lengthPrefixed();

const frames = new TcpServer(loop, options, {
	onMessage: onFrames(codec, (connection, frame) => connection.send(codec.encode(frame))),
});
const flood = new TcpServer(loop, options, {
	onConnection(connection) {
		if (connection.state === 'connected') connection.send(floodChunk);
	},
	onWriteComplete: connection => connection.send(floodChunk),
});
await frames.start();
await flood.start();
announceBoth(frames, flood);
