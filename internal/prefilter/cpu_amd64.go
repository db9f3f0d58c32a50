package prefilter

import "golang.org/x/sys/cpu"

// haveSieve is whether the processor has what sieve needs.
var haveSieve = cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VBMI && cpu.X86.HasAVX512VBMI2 &&
	cpu.X86.HasAVX512GFNI && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT
