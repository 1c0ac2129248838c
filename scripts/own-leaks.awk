# Of a report of LeakSanitizer, what the addon has allocated; of any other report, all.
# A leak is a paragraph: a head, then a line for each frame, the allocator's first. It is the addon's if the frame behind those is
# its own: where it has called Node, V8 may have allocated something and kept it.

BEGIN { RS = ""; FS = "\n" }

/LeakSanitizer: detected memory leaks/ { next }
/^SUMMARY: AddressSanitizer: [0-9]+ byte\(s\) leaked/ { next }
/^(Direct|Indirect) leak of / {
	for (line = 2; line <= NF; line++) {
		if ($line ~ /libasan|libsanitizer|libstdc\+\+|\/include\/c\+\+\/|node-addon-api/) continue
		if ($line ~ /cotcp\.node|native\/(core|binding)\//) print $0 "\n"
		next
	}
	next
}
{ print $0 "\n" }
