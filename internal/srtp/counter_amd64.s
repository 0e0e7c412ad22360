//go:build amd64 && !purego

#include "textflag.h"

// Blocks are counted as numbers of 128 bits, which are big-endian in the end.
DATA reverse<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA reverse<>+8(SB)/8, $0x0001020304050607
GLOBL reverse<>(SB), RODATA|NOPTR, $16

// What the four blocks of a vector begin with, and its steps.
DATA count<>+0(SB)/8, $0
DATA count<>+8(SB)/8, $0
DATA count<>+16(SB)/8, $1
DATA count<>+24(SB)/8, $0
DATA count<>+32(SB)/8, $2
DATA count<>+40(SB)/8, $0
DATA count<>+48(SB)/8, $3
DATA count<>+56(SB)/8, $0
DATA count<>+64(SB)/8, $4
DATA count<>+72(SB)/8, $0
GLOBL count<>(SB), RODATA|NOPTR, $80

#define ONE count<>+16(SB)
#define FOUR count<>+64(SB)

// NEXT makes the next counter block; X8 counts, X9 turns it round.
#define NEXT(b) \
	MOVO   X8, b \
	PSHUFB X9, b \
	PADDL  X10, X8

// ALL does one round with the key at offset.
#define ALL(op, offset) \
	MOVOU offset(AX), X11 \
	op    X11, X0         \
	op    X11, X1         \
	op    X11, X2         \
	op    X11, X3         \
	op    X11, X4         \
	op    X11, X5         \
	op    X11, X6         \
	op    X11, X7

#define ENCRYPT8 \
	ALL(PXOR, 0)         \
	ALL(AESENC, 16)      \
	ALL(AESENC, 32)      \
	ALL(AESENC, 48)      \
	ALL(AESENC, 64)      \
	ALL(AESENC, 80)      \
	ALL(AESENC, 96)      \
	ALL(AESENC, 112)     \
	ALL(AESENC, 128)     \
	ALL(AESENC, 144)     \
	ALL(AESENCLAST, 160)

#define XOR(offset, b) \
	MOVOU offset(SI), X11 \
	PXOR  X11, b          \
	MOVOU b, offset(DI)

// func xorAES(rounds *[11][16]byte, high, low uint64, dst, src *byte, n int)
TEXT ·xorAES(SB), NOSPLIT, $128-48
	MOVQ   rounds+0(FP), AX
	MOVQ   dst+24(FP), DI
	MOVQ   src+32(FP), SI
	MOVQ   n+40(FP), CX
	MOVQ   low+16(FP), X8
	PINSRQ $1, high+8(FP), X8
	MOVOU  reverse<>(SB), X9
	MOVOU  ONE, X10

loop:
	TESTQ CX, CX
	JLE   done
	NEXT(X0)
	NEXT(X1)
	NEXT(X2)
	NEXT(X3)
	NEXT(X4)
	NEXT(X5)
	NEXT(X6)
	NEXT(X7)
	ENCRYPT8
	CMPQ  CX, $128
	JLT   rest
	XOR(0, X0)
	XOR(16, X1)
	XOR(32, X2)
	XOR(48, X3)
	XOR(64, X4)
	XOR(80, X5)
	XOR(96, X6)
	XOR(112, X7)
	ADDQ  $128, SI
	ADDQ  $128, DI
	SUBQ  $128, CX
	JMP   loop

rest: // less than eight blocks: their key stream goes to the stack
	MOVOU X0, stream-128(SP)
	MOVOU X1, stream-112(SP)
	MOVOU X2, stream-96(SP)
	MOVOU X3, stream-80(SP)
	MOVOU X4, stream-64(SP)
	MOVOU X5, stream-48(SP)
	MOVOU X6, stream-32(SP)
	MOVOU X7, stream-16(SP)
	LEAQ  stream-128(SP), DX

block:
	CMPQ  CX, $16
	JLT   bytes
	MOVOU (SI), X0
	MOVOU (DX), X1
	PXOR  X1, X0
	MOVOU X0, (DI)
	ADDQ  $16, SI
	ADDQ  $16, DI
	ADDQ  $16, DX
	SUBQ  $16, CX
	JMP   block

bytes:
	TESTQ CX, CX
	JEQ   done
	MOVB  (SI), BX
	XORB  (DX), BX
	MOVB  BX, (DI)
	INCQ  SI
	INCQ  DI
	INCQ  DX
	DECQ  CX
	JMP   bytes

done:
	RET

#define ROUND(key) \
	VAESENC key, Z0, Z0 \
	VAESENC key, Z1, Z1 \
	VAESENC key, Z2, Z2 \
	VAESENC key, Z3, Z3

// ENCRYPT16 makes the key stream of the next 16 blocks in Z0 to Z3; Z8 counts,
// Z9 turns it round, the round keys are Z16 to Z26.
#define ENCRYPT16 \
	VPADDD      Z10, Z8, Z1  \
	VPADDD      Z10, Z1, Z2  \
	VPADDD      Z10, Z2, Z3  \
	VPSHUFB     Z9, Z8, Z0   \
	VPADDD      Z10, Z3, Z8  \
	VPSHUFB     Z9, Z1, Z1   \
	VPSHUFB     Z9, Z2, Z2   \
	VPSHUFB     Z9, Z3, Z3   \
	VPXORD      Z16, Z0, Z0  \
	VPXORD      Z16, Z1, Z1  \
	VPXORD      Z16, Z2, Z2  \
	VPXORD      Z16, Z3, Z3  \
	ROUND(Z17)               \
	ROUND(Z18)               \
	ROUND(Z19)               \
	ROUND(Z20)               \
	ROUND(Z21)               \
	ROUND(Z22)               \
	ROUND(Z23)               \
	ROUND(Z24)               \
	ROUND(Z25)               \
	VAESENCLAST Z26, Z0, Z0  \
	VAESENCLAST Z26, Z1, Z1  \
	VAESENCLAST Z26, Z2, Z2  \
	VAESENCLAST Z26, Z3, Z3

// MASK makes k cover the first CX bytes of 64 and takes 64 from CX. BZHI takes
// any number from 64 to 255 for all, and CX is below 256 here.
#define MASK(k) \
	BZHIQ   CX, DX, R9 \
	KMOVQ   R9, k      \
	SUBQ    $64, CX    \
	CMOVQLT R8, CX

// PART encrypts the bytes of mask k with the key stream z. Masked access does no
// harm beyond a buffer, but is slow where there is no page.
#define PART(offset, k, z) \
	VMOVDQU8.Z offset(SI), k, Z4 \
	VPXORD     Z4, z, z          \
	VMOVDQU8   z, k, offset(DI)

// func xorVAES(rounds *[11][16]byte, high, low uint64, dst, src *byte, n int)
TEXT ·xorVAES(SB), NOSPLIT, $0-48
	MOVQ rounds+0(FP), AX
	MOVQ dst+24(FP), DI
	MOVQ src+32(FP), SI
	MOVQ n+40(FP), CX

	VBROADCASTI32X4 (AX), Z16
	VBROADCASTI32X4 16(AX), Z17
	VBROADCASTI32X4 32(AX), Z18
	VBROADCASTI32X4 48(AX), Z19
	VBROADCASTI32X4 64(AX), Z20
	VBROADCASTI32X4 80(AX), Z21
	VBROADCASTI32X4 96(AX), Z22
	VBROADCASTI32X4 112(AX), Z23
	VBROADCASTI32X4 128(AX), Z24
	VBROADCASTI32X4 144(AX), Z25
	VBROADCASTI32X4 160(AX), Z26
	VBROADCASTI32X4 reverse<>(SB), Z9
	VBROADCASTI32X4 FOUR, Z10
	VMOVQ           low+16(FP), X8
	VPINSRQ         $1, high+8(FP), X8, X8
	VSHUFI32X4      $0, Z8, Z8, Z8
	VPADDD          count<>(SB), Z8, Z8

	SUBQ $256, CX
	JLT  rest

loop:
	ENCRYPT16
	VPXORD    (SI), Z0, Z0
	VPXORD    64(SI), Z1, Z1
	VPXORD    128(SI), Z2, Z2
	VPXORD    192(SI), Z3, Z3
	VMOVDQU64 Z0, (DI)
	VMOVDQU64 Z1, 64(DI)
	VMOVDQU64 Z2, 128(DI)
	VMOVDQU64 Z3, 192(DI)
	ADDQ      $256, SI
	ADDQ      $256, DI
	SUBQ      $256, CX
	JGE       loop

rest:
	ADDQ       $256, CX
	JEQ        done
	MOVQ       $-1, DX
	XORL       R8, R8
	MOVQ       CX, BX
	MASK(K1)
	MASK(K2)
	MASK(K3)
	MASK(K4)
	ENCRYPT16
	PART(0, K1, Z0)
	CMPQ       BX, $64
	JLE        done
	PART(64, K2, Z1)
	CMPQ       BX, $128
	JLE        done
	PART(128, K3, Z2)
	CMPQ       BX, $192
	JLE        done
	PART(192, K4, Z3)

done:
	VZEROUPPER
	RET
