namespace FishCheckpoint.TorchSharp;

/// <summary>Which code computes a masked optimizer's steps. All save the same state, so a run may switch between them.</summary>
public enum StepArithmetic
{
    /// <summary><see cref="Portable"/> if every tensor of the mask is float32 on the host, else <see cref="Torch"/>.</summary>
    Automatic,

    /// <summary>
    /// Portable loops for float32 on the host: no fused multiply-adds, so the bits are the same on every machine. They follow PyTorch's
    /// order of operations and differ from TorchSharp's optimizers in the last bits.
    /// </summary>
    Portable,

    /// <summary>
    /// Tensor operations on the masked values, on their device, in the order of TorchSharp's own optimizers: the bits depend on libtorch
    /// and the machine.
    /// </summary>
    Torch,
}
