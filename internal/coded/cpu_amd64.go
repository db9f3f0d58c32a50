package coded

import "golang.org/x/sys/cpu"

// haveStop is whether the processor has what stop needs.
var haveStop = cpu.X86.HasAVX2
