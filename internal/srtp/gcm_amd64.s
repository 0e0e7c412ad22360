//go:build amd64 && !purego

#include "textflag.h"

DATA reverse<>+0(SB)/8, $0x08090a0b0c0d0e0f
DATA reverse<>+8(SB)/8, $0x0001020304050607
GLOBL reverse<>(SB), RODATA|NOPTR, $16

// The polynomial of GHASH, turned round as its numbers are here.
DATA polynomial<>+0(SB)/8, $0x0000000000000001
DATA polynomial<>+8(SB)/8, $0xc200000000000000
GLOBL polynomial<>(SB), RODATA|NOPTR, $16

// The first block of the message has the counter 2; that of 1 hides the tag.
DATA count<>+0(SB)/8, $2
DATA count<>+8(SB)/8, $0
DATA count<>+16(SB)/8, $3
DATA count<>+24(SB)/8, $0
DATA count<>+32(SB)/8, $4
DATA count<>+40(SB)/8, $0
DATA count<>+48(SB)/8, $5
DATA count<>+56(SB)/8, $0
DATA count<>+64(SB)/8, $1
DATA count<>+72(SB)/8, $0
GLOBL count<>(SB), RODATA|NOPTR, $80

DATA four<>+0(SB)/8, $4
DATA four<>+8(SB)/8, $0
GLOBL four<>(SB), RODATA|NOPTR, $16

// Where things are in gcmKey: powers of H, from the 17th to the first.
#define POWER(n) (240+(17-n)*16)(AX)
#define LONG 560(AX)

// Registers: Z0 to Z3 are blocks that are encrypted, Z17 to Z20 what is hashed
// meanwhile: the ciphertext before them, or the data. Z8 counts, Z9 turns bytes
// round, Z10 is 4, X11 the hash so far, Z12, Z13 and Z14 a product (low, middle,
// high) that is not reduced yet, Z15 the polynomial, Z16 and Z21 to Z30 the round keys,
// X31 what hides the tag.

// ROUND is one round of AES.
#define ROUND(key) \
	VAESENC key, Z0, Z0 \
	VAESENC key, Z1, Z1 \
	VAESENC key, Z2, Z2 \
	VAESENC key, Z3, Z3

// FIRST starts a sum with the product of the blocks z and the powers at p, NEXT
// adds to it.
#define FIRST(z, p) \
	VMOVDQU64  p, Z5             \
	VPCLMULQDQ $0x00, Z5, z, Z12 \
	VPCLMULQDQ $0x01, Z5, z, Z13 \
	VPCLMULQDQ $0x10, Z5, z, Z6  \
	VPCLMULQDQ $0x11, Z5, z, Z14 \
	VPXORQ     Z6, Z13, Z13

#define NEXT(z, p) \
	VMOVDQU64  p, Z5              \
	VPCLMULQDQ $0x00, Z5, z, Z4   \
	VPCLMULQDQ $0x01, Z5, z, Z6   \
	VPCLMULQDQ $0x10, Z5, z, Z7   \
	VPXORQ     Z4, Z12, Z12       \
	VPCLMULQDQ $0x11, Z5, z, Z4   \
	VPTERNLOGQ $0x96, Z6, Z7, Z13 \
	VPXORQ     Z4, Z14, Z14

// LOW and MIDDLE fold these parts of a sum into the next, GATHER makes it one
// hash.
#define LOW \
	VPCLMULQDQ $0x01, Z12, Z15, Z6 \
	VPSHUFD    $0x4e, Z12, Z12     \
	VPTERNLOGQ $0x96, Z6, Z12, Z13

#define MIDDLE \
	VPCLMULQDQ $0x01, Z13, Z15, Z6 \
	VPSHUFD    $0x4e, Z13, Z13     \
	VPTERNLOGQ $0x96, Z6, Z13, Z14

#define GATHER \
	VEXTRACTI64X4 $1, Z14, Y6  \
	VPXORQ        Y6, Y14, Y14 \
	VEXTRACTI32X4 $1, Y14, X6  \
	VPXORQ        X6, X14, X11

// START loads the arguments and the keys and adds the first key to the block
// that hides the tag.
#define START \
	MOVQ            key+0(FP), AX          \
	MOVQ            dst+24(FP), DI         \
	MOVQ            src+32(FP), SI         \
	MOVQ            n+40(FP), CX           \
	VMOVQ           low+16(FP), X8         \
	VPINSRQ         $1, high+8(FP), X8, X8 \
	VSHUFI32X4      $0, Z8, Z8, Z8         \
	VBROADCASTI32X4 reverse<>(SB), Z9      \
	VBROADCASTI32X4 four<>(SB), Z10        \
	VBROADCASTI32X4 polynomial<>(SB), Z15  \
	VBROADCASTI32X4 (AX), Z16              \
	VBROADCASTI32X4 80(AX), Z21            \
	VBROADCASTI32X4 96(AX), Z22            \
	VBROADCASTI32X4 112(AX), Z23           \
	VBROADCASTI32X4 128(AX), Z24           \
	VBROADCASTI32X4 144(AX), Z25           \
	VBROADCASTI32X4 160(AX), Z26           \
	VBROADCASTI32X4 176(AX), Z27           \
	VBROADCASTI32X4 192(AX), Z28           \
	VBROADCASTI32X4 208(AX), Z29           \
	VBROADCASTI32X4 224(AX), Z30           \
	VPADDD          count<>+64(SB), X8, X3 \
	VPADDD          count<>(SB), Z8, Z8    \
	VPSHUFB         X9, X3, X3             \
	VPXORQ          X16, X3, X31           \
	MOVBLZX         LONG, R9               \
	MOVQ            $-1, DX

// HIDE encrypts the block that hides the tag; of AES-256, LONGHIDE goes before.
#define LONGHIDE \
	VAESENC 16(AX), X31, X31 \
	VAESENC 32(AX), X31, X31 \
	VAESENC 48(AX), X31, X31 \
	VAESENC 64(AX), X31, X31

#define HIDE \
	VAESENC     X21, X31, X31 \
	VAESENC     X22, X31, X31 \
	VAESENC     X23, X31, X31 \
	VAESENC     X24, X31, X31 \
	VAESENC     X25, X31, X31 \
	VAESENC     X26, X31, X31 \
	VAESENC     X27, X31, X31 \
	VAESENC     X28, X31, X31 \
	VAESENC     X29, X31, X31 \
	VAESENCLAST X30, X31, X31

// DATA hashes up to four blocks of the R8 bytes of data that are left at R11.
#define DATA \
	MOVQ       $64, R10       \
	CMPQ       R8, R10        \
	CMOVQLT    R8, R10        \
	BZHIQ      R10, DX, R12   \
	KMOVQ      R12, K1        \
	VMOVDQU8.Z (R11), K1, Z17 \
	VPSHUFB    Z9, Z17, Z17   \
	VPXORQ     Z11, Z17, Z17  \
	ADDQ       $15, R10       \
	ANDQ       $~15, R10      \
	LEAQ       POWER(0), R13  \
	SUBQ       R10, R13       \
	FIRST(Z17, (R13))         \
	LOW                       \
	MIDDLE                    \
	GATHER                    \
	ADDQ       $64, R11       \
	SUBQ       $64, R8

// COUNTERS makes the next 16 blocks to encrypt and adds the first key.
#define COUNTERS \
	VPADDD  Z10, Z8, Z1 \
	VPADDD  Z10, Z1, Z2 \
	VPADDD  Z10, Z2, Z3 \
	VPSHUFB Z9, Z8, Z0  \
	VPADDD  Z10, Z3, Z8 \
	VPSHUFB Z9, Z1, Z1  \
	VPSHUFB Z9, Z2, Z2  \
	VPSHUFB Z9, Z3, Z3  \
	VPXORQ  Z16, Z0, Z0 \
	VPXORQ  Z16, Z1, Z1 \
	VPXORQ  Z16, Z2, Z2 \
	VPXORQ  Z16, Z3, Z3

// LONGER are the four rounds that AES-256 has more.
#define LONGER \
	VBROADCASTI32X4 16(AX), Z4 \
	ROUND(Z4)                  \
	VBROADCASTI32X4 32(AX), Z5 \
	ROUND(Z5)                  \
	VBROADCASTI32X4 48(AX), Z6 \
	ROUND(Z6)                  \
	VBROADCASTI32X4 64(AX), Z7 \
	ROUND(Z7)

// ROUNDS are the rounds that all keys have.
#define ROUNDS \
	ROUND(Z21)              \
	ROUND(Z22)              \
	ROUND(Z23)              \
	ROUND(Z24)              \
	ROUND(Z25)              \
	ROUND(Z26)              \
	ROUND(Z27)              \
	ROUND(Z28)              \
	ROUND(Z29)              \
	VAESENCLAST Z30, Z0, Z0 \
	VAESENCLAST Z30, Z1, Z1 \
	VAESENCLAST Z30, Z2, Z2 \
	VAESENCLAST Z30, Z3, Z3

// ROUNDSHASH are these while the 16 blocks before are hashed the 16 before them: neither waits for the
// other.
#define ROUNDSHASH \
	ROUND(Z21)              \
	FIRST(Z18, POWER(12))   \
	ROUND(Z22)              \
	ROUND(Z23)              \
	NEXT(Z19, POWER(8))     \
	ROUND(Z24)              \
	NEXT(Z20, POWER(4))     \
	ROUND(Z25)              \
	NEXT(Z17, POWER(16))    \
	ROUND(Z26)              \
	ROUND(Z27)              \
	LOW                     \
	ROUND(Z28)              \
	MIDDLE                  \
	ROUND(Z29)              \
	GATHER                  \
	VAESENCLAST Z30, Z0, Z0 \
	VAESENCLAST Z30, Z1, Z1 \
	VAESENCLAST Z30, Z2, Z2 \
	VAESENCLAST Z30, Z3, Z3

// SEAL encrypts with the key stream z and leaves in h what is hashed; OPEN
// decrypts. SEALPART and OPENPART do so with the bytes of the mask k.
#define SEAL(offset, z, h) \
	VPXORQ    offset(SI), z, z \
	VMOVDQU64 z, offset(DI)    \
	VPSHUFB   Z9, z, h

#define OPEN(offset, z, h) \
	VMOVDQU64 offset(SI), h \
	VPXORQ    h, z, z       \
	VMOVDQU64 z, offset(DI) \
	VPSHUFB   Z9, h, h

#define SEALPART(offset, k, z, h) \
	VMOVDQU8.Z offset(SI), k, h \
	VPXORQ     h, z, z          \
	VMOVDQU8   z, k, offset(DI) \
	VMOVDQU8.Z z, k, h          \
	VPSHUFB    Z9, h, h

#define OPENPART(offset, k, z, h) \
	VMOVDQU8.Z offset(SI), k, h \
	VPXORQ     h, z, z          \
	VMOVDQU8   z, k, offset(DI) \
	VPSHUFB    Z9, h, h

// MASK makes k cover the first CX bytes of 64 and takes 64 from CX. BZHI takes
// any number from 64 to 255 for all, and CX is below 256 here.
#define MASK(k) \
	BZHIQ   CX, DX, R12 \
	KMOVQ   R12, k      \
	SUBQ    $64, CX     \
	CMOVQLT R8, CX

// MASKS covers the bytes that are left, which CX is; R10 becomes the power of the
// first block of them: one above their number, since the lengths follow.
#define MASKS \
	XORL R8, R8        \
	MOVQ CX, BX        \
	LEAQ 15(CX), R12   \
	ANDQ $~15, R12     \
	LEAQ POWER(1), R10 \
	SUBQ R12, R10      \
	MASK(K1)           \
	MASK(K2)           \
	MASK(K3)           \
	MASK(K4)

// LENGTHS makes the block of the lengths, in bits, in X10, which counted before.
#define LENGTHS \
	MOVQ    n+40(FP), R12    \
	MOVQ    size+56(FP), R13 \
	SHLQ    $3, R12          \
	SHLQ    $3, R13          \
	VMOVQ   R12, X10         \
	VPINSRQ $1, R13, X10, X10

// TAG makes the sum the tag.
#define TAG \
	LOW                    \
	MIDDLE                 \
	GATHER                 \
	MOVQ    tag+64(FP), R11 \
	VPSHUFB X9, X11, X11   \
	VPXORQ  X31, X11, X11  \
	VMOVDQU X11, (R11)     \
	VZEROUPPER

// func sealGCM(key *gcmKey, high, low uint64, dst, src *byte, n int, data *byte, size int, tag *byte)
TEXT ·sealGCM(SB), NOSPLIT, $0-72
	START
	TESTL R9, R9
	JEQ   hide
	LONGHIDE

hide:
	HIDE
	VPXORQ X11, X11, X11
	MOVQ   data+48(FP), R11
	MOVQ   size+56(FP), R8

data:
	DATA
	JG data
	COUNTERS
	TESTL R9, R9
	JEQ   first
	LONGER

first:
	CMPQ CX, $256
	JLT  only
	ROUNDS

sixteen:
	SEAL(0, Z0, Z17)
	SEAL(64, Z1, Z18)
	SEAL(128, Z2, Z19)
	SEAL(192, Z3, Z20)
	VPXORQ Z11, Z17, Z17
	ADDQ   $256, SI
	ADDQ   $256, DI
	SUBQ   $256, CX
	COUNTERS
	TESTL  R9, R9
	JEQ    next
	LONGER

next:
	CMPQ CX, $256
	JLT  last
	ROUNDSHASH
	JMP  sixteen

only:
	MASKS
	ROUNDS
	JMP   rest

last:
	MASKS
	ROUNDSHASH

rest:
	LENGTHS
	TESTQ  BX, BX
	JEQ    nothing
	FIRST(Z10, POWER(1))
	SEALPART(0, K1, Z0, Z17)
	VPXORQ Z11, Z17, Z17
	NEXT(Z17, (R10))
	CMPQ   BX, $64
	JLE    tag
	SEALPART(64, K2, Z1, Z18)
	NEXT(Z18, 64(R10))
	CMPQ   BX, $128
	JLE    tag
	SEALPART(128, K3, Z2, Z19)
	NEXT(Z19, 128(R10))
	CMPQ   BX, $192
	JLE    tag
	SEALPART(192, K4, Z3, Z20)
	NEXT(Z20, 192(R10))
	JMP    tag

nothing:
	VPXORQ X11, X10, X10
	FIRST(Z10, POWER(1))

tag:
	TAG
	RET

// func openGCM(key *gcmKey, high, low uint64, dst, src *byte, n int, data *byte, size int, tag *byte)
TEXT ·openGCM(SB), NOSPLIT, $0-72
	START
	TESTL R9, R9
	JEQ   hide
	LONGHIDE

hide:
	HIDE
	VPXORQ X11, X11, X11
	MOVQ   data+48(FP), R11
	MOVQ   size+56(FP), R8

data:
	DATA
	JG data
	COUNTERS
	TESTL R9, R9
	JEQ   first
	LONGER

first:
	CMPQ CX, $256
	JLT  only
	ROUNDS

sixteen:
	OPEN(0, Z0, Z17)
	OPEN(64, Z1, Z18)
	OPEN(128, Z2, Z19)
	OPEN(192, Z3, Z20)
	VPXORQ Z11, Z17, Z17
	ADDQ   $256, SI
	ADDQ   $256, DI
	SUBQ   $256, CX
	COUNTERS
	TESTL  R9, R9
	JEQ    next
	LONGER

next:
	CMPQ CX, $256
	JLT  last
	ROUNDSHASH
	JMP  sixteen

only:
	MASKS
	ROUNDS
	JMP   rest

last:
	MASKS
	ROUNDSHASH

rest:
	LENGTHS
	TESTQ  BX, BX
	JEQ    nothing
	FIRST(Z10, POWER(1))
	OPENPART(0, K1, Z0, Z17)
	VPXORQ Z11, Z17, Z17
	NEXT(Z17, (R10))
	CMPQ   BX, $64
	JLE    tag
	OPENPART(64, K2, Z1, Z18)
	NEXT(Z18, 64(R10))
	CMPQ   BX, $128
	JLE    tag
	OPENPART(128, K3, Z2, Z19)
	NEXT(Z19, 128(R10))
	CMPQ   BX, $192
	JLE    tag
	OPENPART(192, K4, Z3, Z20)
	NEXT(Z20, 192(R10))
	JMP    tag

nothing:
	VPXORQ X11, X10, X10
	FIRST(Z10, POWER(1))

tag:
	TAG
	RET
