/** Who is told of what becomes of a connection of the reactor, and what it goes by. */
import type {AsyncResource} from 'node:async_hooks';
import type {ConnectionCore} from './connection-core.js';
import type {TcpHandlers} from './handlers.js';
import type {OutputLimits} from './output.js';

/** Whose connections they are: a server's, or a client's. */
export interface CoreOwner {
	readonly handlers: TcpHandlers;
	/** Callbacks run in its async context. */
	readonly resource: AsyncResource;
	readonly limits: OutputLimits;
	/** The option. */
	readonly resetUnlessClosed: boolean;
	/** Runs no code of the user's. */
	onEnded(core: ConnectionCore): void;
	/** What a handler, or disposing a context, threw. Runs the user's `onError`. */
	onError(error: unknown, core: ConnectionCore): void;
	/** All handlers have been told. */
	onTold(core: ConnectionCore): void;
}
