//go:build amd64 && !purego

#include "textflag.h"

// The polynomial of GHASH, turned round as its numbers are here.
DATA polynomial<>+0(SB)/8, $0x0000000000000001
DATA polynomial<>+8(SB)/8, $0xc200000000000000
GLOBL polynomial<>(SB), RODATA|NOPTR, $16

// The key expansion of FIPS 197 section 5.2: the same in all cases, whatever the
// key.

// SPREAD adds X1 and all words below to each word of x.
#define SPREAD(x) \
	MOVO  x, X2  \
	PSLLO $4, X2 \
	PXOR  X2, x  \
	PSLLO $4, X2 \
	PXOR  X2, x  \
	PSLLO $4, X2 \
	PXOR  X2, x  \
	PXOR  X1, x

// EXPAND makes the next round key of AES-128 from X0.
#define EXPAND(constant, offset) \
	AESKEYGENASSIST $constant, X0, X1 \
	PSHUFD $0xff, X1, X1              \
	SPREAD(X0)                        \
	MOVOU  X0, offset(BX)

// func expandKey(key *[16]byte, rounds *[11][16]byte)
TEXT ·expandKey(SB), NOSPLIT, $0-16
	MOVQ  key+0(FP), AX
	MOVQ  rounds+8(FP), BX
	MOVOU (AX), X0
	MOVOU X0, (BX)
	EXPAND(0x01, 16)
	EXPAND(0x02, 32)
	EXPAND(0x04, 48)
	EXPAND(0x08, 64)
	EXPAND(0x10, 80)
	EXPAND(0x20, 96)
	EXPAND(0x40, 112)
	EXPAND(0x80, 128)
	EXPAND(0x1b, 144)
	EXPAND(0x36, 160)
	RET

// EXPAND256 makes the next two round keys of AES-256 from X0 and X3.
#define EXPAND256(constant, offset) \
	AESKEYGENASSIST $constant, X3, X1 \
	PSHUFD $0xff, X1, X1              \
	SPREAD(X0)                        \
	MOVOU  X0, offset(BX)             \
	AESKEYGENASSIST $0, X0, X1        \
	PSHUFD $0xaa, X1, X1              \
	SPREAD(X3)                        \
	MOVOU  X3, (offset+16)(BX)

// func expandKey256(key *[32]byte, rounds *[15][16]byte)
TEXT ·expandKey256(SB), NOSPLIT, $0-16
	MOVQ  key+0(FP), AX
	MOVQ  rounds+8(FP), BX
	MOVOU (AX), X0
	MOVOU 16(AX), X3
	MOVOU X0, (BX)
	MOVOU X3, 16(BX)
	EXPAND256(0x01, 32)
	EXPAND256(0x02, 64)
	EXPAND256(0x04, 96)
	EXPAND256(0x08, 128)
	EXPAND256(0x10, 160)
	EXPAND256(0x20, 192)
	AESKEYGENASSIST $0x40, X3, X1
	PSHUFD $0xff, X1, X1
	SPREAD(X0)
	MOVOU  X0, 224(BX)
	RET

// MULTIPLY makes X1 the product of X1 and X0.
#define MULTIPLY \
	VPCLMULQDQ $0x00, X0, X1, X2  \
	VPCLMULQDQ $0x01, X0, X1, X3  \
	VPCLMULQDQ $0x10, X0, X1, X4  \
	VPXOR      X4, X3, X3         \
	VPCLMULQDQ $0x01, X2, X15, X4 \
	VPSHUFD    $0x4e, X2, X2      \
	VPXOR      X4, X2, X2         \
	VPXOR      X2, X3, X3         \
	VPCLMULQDQ $0x11, X0, X1, X5  \
	VPCLMULQDQ $0x01, X3, X15, X4 \
	VPSHUFD    $0x4e, X3, X3      \
	VPXOR      X4, X3, X3         \
	VPXOR      X3, X5, X1

// func gcmPowers(powers *[20][16]byte)
TEXT ·gcmPowers(SB), NOSPLIT, $0-8
	MOVQ    powers+0(FP), AX
	VMOVDQU polynomial<>(SB), X15
	VMOVDQU 256(AX), X0
	VMOVDQA X0, X1
	ADDQ    $240, AX
	MOVQ    $16, CX

power:
	MULTIPLY
	VMOVDQU X1, (AX)
	SUBQ    $16, AX
	DECQ    CX
	JNZ     power
	VZEROUPPER
	RET
