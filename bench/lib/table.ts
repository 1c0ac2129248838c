/** First column to the left, the others to the right. */
export function formatTable(rows: ReadonlyArray<readonly string[]>): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
	const formatRow = (row: readonly string[]) =>
		row.map((cell, column) =>
			column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
		);
	return rows.map(row => `  ${formatRow(row).join('  ')}`).join('\n');
}

/** '-' for what could not be computed. */
export function formatNumber(value: number, decimals: number): string {
	if (!Number.isFinite(value)) return '-';
	return value.toLocaleString('en-US', {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
}

export function formatPercent(share: number): string {
	return Number.isFinite(share) ? `${Math.round(share * 100)}%` : '-';
}
