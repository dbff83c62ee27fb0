#include "funcdata.h"

// func throughAssembly(f func())
TEXT ·throughAssembly(SB), 0, $24-8
	NO_LOCAL_POINTERS
	MOVQ f+0(FP), DX
	MOVQ (DX), AX
	CALL AX
	RET
