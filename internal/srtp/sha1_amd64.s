//go:build amd64 && !purego

#include "textflag.h"

// The words of a message are big-endian, and the first belongs on top.
DATA swap<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA swap<>+8(SB)/8, $0x0001020304050607
GLOBL swap<>(SB), RODATA|NOPTR, $16

// LOAD takes 16 bytes of a message into m.
#define LOAD(p, offset, m) \
	MOVOU  offset(p), m \
	PSHUFB X14, m

// ROUNDS does four rounds of function f and prepares message words of later
// ones: m is what goes in, a the state, e and next what was on top of it.
#define ROUNDS(f, a, e, next, m, m1, m2, m3) \
	SHA1NEXTE m, e     \
	MOVO      a, next  \
	SHA1MSG2  m, m1    \
	SHA1RNDS4 f, e, a  \
	SHA1MSG1  m, m3    \
	PXOR      m, m2

// FIRST does the four rounds at the beginning of a block.
#define FIRST(a, e, next, m) \
	PADDL     m, e     \
	MOVO      a, next  \
	SHA1RNDS4 $0, e, a

#define STATE(s, a, e) \
	MOVOU  (s), a         \
	PSHUFD $0x1b, a, a    \
	PXOR   e, e           \
	PINSRD $3, 16(s), e

#define STORE(s, a, e) \
	PSHUFD $0x1b, a, a    \
	MOVOU  a, (s)         \
	PEXTRD $3, e, 16(s)

// KEEP and ADD: what a block makes is added to what was before it.
#define KEEP(a, e, offset) \
	MOVOU a, kept-offset(SP)      \
	MOVOU e, kept-(offset-16)(SP)

#define ADD(a, e, offset) \
	MOVOU     kept-offset(SP), X15      \
	PADDL     X15, a                    \
	MOVOU     kept-(offset-16)(SP), X15 \
	SHA1NEXTE X15, e

// A0 to A3 are ROUNDS with the registers of the first message, B0 to B3 with
// those of the second, by the message words that go in.
#define A0(f) ROUNDS(f, X0, X1, X2, X3, X4, X5, X6)
#define A1(f) ROUNDS(f, X0, X2, X1, X4, X5, X6, X3)
#define A2(f) ROUNDS(f, X0, X1, X2, X5, X6, X3, X4)
#define A3(f) ROUNDS(f, X0, X2, X1, X6, X3, X4, X5)
#define B0(f) ROUNDS(f, X7, X8, X9, X10, X11, X12, X13)
#define B1(f) ROUNDS(f, X7, X9, X8, X11, X12, X13, X10)
#define B2(f) ROUNDS(f, X7, X8, X9, X12, X13, X10, X11)
#define B3(f) ROUNDS(f, X7, X9, X8, X13, X10, X11, X12)

// func hashSHA(state *[5]uint32, p *byte, blocks int)
TEXT ·hashSHA(SB), NOSPLIT, $32-24
	MOVQ  state+0(FP), DI
	MOVQ  p+8(FP), SI
	MOVQ  blocks+16(FP), CX
	MOVOU swap<>(SB), X14
	STATE(DI, X0, X1)

loop:
	KEEP(X0, X1, 32)
	LOAD(SI, 0, X3)
	FIRST(X0, X1, X2, X3)
	LOAD(SI, 16, X4)
	A1($0)
	LOAD(SI, 32, X5)
	A2($0)
	LOAD(SI, 48, X6)
	A3($0)
	A0($0)
	A1($1)
	A2($1)
	A3($1)
	A0($1)
	A1($1)
	A2($2)
	A3($2)
	A0($2)
	A1($2)
	A2($2)
	A3($3)
	A0($3)
	A1($3)
	A2($3)
	A3($3)
	ADD(X0, X1, 32)
	ADDQ $64, SI
	DECQ CX
	JNZ  loop
	STORE(DI, X0, X1)
	RET

// func hashSHA2(state0, state1 *[5]uint32, p0, p1 *byte, blocks int)
TEXT ·hashSHA2(SB), NOSPLIT, $64-40
	MOVQ  state0+0(FP), DI
	MOVQ  state1+8(FP), BX
	MOVQ  p0+16(FP), SI
	MOVQ  p1+24(FP), DX
	MOVQ  blocks+32(FP), CX
	MOVOU swap<>(SB), X14
	STATE(DI, X0, X1)
	STATE(BX, X7, X8)

loop:
	KEEP(X0, X1, 64)
	KEEP(X7, X8, 32)
	LOAD(SI, 0, X3)
	LOAD(DX, 0, X10)
	FIRST(X0, X1, X2, X3)
	FIRST(X7, X8, X9, X10)
	LOAD(SI, 16, X4)
	LOAD(DX, 16, X11)
	A1($0)
	B1($0)
	LOAD(SI, 32, X5)
	LOAD(DX, 32, X12)
	A2($0)
	B2($0)
	LOAD(SI, 48, X6)
	LOAD(DX, 48, X13)
	A3($0)
	B3($0)
	A0($0)
	B0($0)
	A1($1)
	B1($1)
	A2($1)
	B2($1)
	A3($1)
	B3($1)
	A0($1)
	B0($1)
	A1($1)
	B1($1)
	A2($2)
	B2($2)
	A3($2)
	B3($2)
	A0($2)
	B0($2)
	A1($2)
	B1($2)
	A2($2)
	B2($2)
	A3($3)
	B3($3)
	A0($3)
	B0($3)
	A1($3)
	B1($3)
	A2($3)
	B2($3)
	A3($3)
	B3($3)
	ADD(X0, X1, 64)
	ADD(X7, X8, 32)
	ADDQ $64, SI
	ADDQ $64, DX
	DECQ CX
	JNZ  loop
	STORE(DI, X0, X1)
	STORE(BX, X7, X8)
	RET
