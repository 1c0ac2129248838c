/** What goes to `onError`: never from inside a call of the library, and what it throws itself becomes a warning. */

/** As `process.emitWarning` takes it. */
function warn(prefix: string, error: unknown): void {
	const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
	process.emitWarning(`${prefix}: ${text}`, 'CotcpWarning');
}

export function reportError<Connection>(
	onError: ((error: unknown, connection: Connection | undefined) => void) | undefined,
	error: unknown,
	connection: Connection | undefined,
	what: string,
): void {
	queueMicrotask(() => {
		if (onError === undefined) {
			warn(what, error);
			return;
		}

		try {
			const result = (onError as (...values: unknown[]) => unknown)(error, connection);
			// One that is async after all.
			if (result instanceof Promise)
				result.catch((thrown: unknown) => {
					warn('onError rejected', thrown);
				});
		} catch (thrown) {
			warn('onError threw', thrown);
		}
	});
}
