import {EventLoop, TcpServer} from 'cotcp/reactor';
import {isDown, type ModeHandlers} from '../modes/reactor/mode.js';
import {reactorModes} from '../modes/reactor/table.js';
import type {ReactorArguments} from '../server-arguments.js';
import {reportError, type FileServer} from './file-server.js';

/** The same in callbacks. */
export async function startReactorServer({path, mode, port, host}: ReactorArguments): Promise<FileServer> {
	const handlers: ModeHandlers<unknown> = reactorModes[mode](path);
	let isFinishing = false;
	// `stop` shuts every connection down, which would cut a transfer between two chunks, and by a FIN: not before the last has ended.
	const stopIfIdle = () => {
		if (isFinishing && server.connections.size === 0) void server.stop();
	};

	const unlessFinishing: Pick<ModeHandlers<unknown>, 'onConnection'> = {
		async onConnection(connection) {
			// A reset, as no FIN has been asked for.
			if (isFinishing && !isDown(connection)) connection.forceClose();
			else await handlers.onConnection(connection);
		},
	};

	const server = new TcpServer(
		EventLoop.current(),
		{port, host, resetUnlessClosed: true},
		{
			...handlers,
			...unlessFinishing,
			// A client may end its own half at any time, as `nc </dev/null` does. Without this handler that would end ours.
			onEnd() {},
			onError: reportError,
			onClose: stopIfIdle,
		},
	);
	await server.start();
	return {
		address: server.address,
		get transfers() {
			return server.connections.size;
		},
		finish() {
			isFinishing = true;
			stopIfIdle();
		},
	};
}
