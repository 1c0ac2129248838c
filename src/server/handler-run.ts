/** Runs a handler for a connection, whose scope owns it: on return close, on throw reset. */
import type {AsyncResource} from 'node:async_hooks';
import type {CoTcpConnection} from '../co-tcp-connection.js';
import type {Lifetime} from '../connection/lifetime.js';
import {isOwnedBy} from '../connection/ownership.js';
import {BusyError, ResourceError} from '../errors.js';
import type {ConnectionHandler} from '../server-types.js';

/** Even of its own connection: a mistake of the handler, or a want of this machine. */
const neverOutcomes = [BusyError, ResourceError] as const;

/** Who wants to know how it went. */
export interface HandlerObserver<Context> {
	/** It threw what is no outcome of its own connection. */
	onHandlerError(error: unknown, connection: CoTcpConnection<Context>): void;
	onHandlerSettled(): void;
}

/** Starts it in the async context of `resource`. Never throws. */
export function runHandler<Context>(
	handler: ConnectionHandler<Context>,
	connection: CoTcpConnection<Context>,
	lifetime: Lifetime,
	closeTimeout: number,
	resource: AsyncResource,
	observer: HandlerObserver<Context>,
): void {
	const settle = (): void => {
		lifetime.handlerSettled();
		observer.onHandlerSettled();
	};
	const onReturn = (): void => {
		void lifetime.close(closeTimeout);
		settle();
	};
	const onThrow = (error: unknown): void => {
		const isOutcome = isOwnedBy(error, lifetime) && !neverOutcomes.some(kind => error instanceof kind);
		lifetime.failHandler(error);
		if (!isOutcome) observer.onHandlerError(error, connection);
		settle();
	};
	resource.runInAsyncScope(() => {
		try {
			const result: unknown = handler(connection);
			if (isThenable(result)) Promise.resolve(result).then(onReturn, onThrow);
			else onReturn();
		} catch (error) {
			onThrow(error);
		}
	});
}

function isThenable(value: unknown): value is PromiseLike<void> {
	return (
		((typeof value === 'object' && value !== null) || typeof value === 'function') &&
		'then' in value &&
		typeof value.then === 'function'
	);
}
