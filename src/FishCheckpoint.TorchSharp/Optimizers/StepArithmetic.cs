namespace FishCheckpoint.TorchSharp;

/// <summary>Who computes a masked optimizer's steps. The saved state is the same, so a run may go on with another one.</summary>
public enum StepArithmetic
{
    /// <summary><see cref="Portable"/> where every tensor of the mask is float32 on the host, else <see cref="Torch"/>.</summary>
    Automatic,

    /// <summary>
    /// The domain's own loops, for float32 on the host: no fused multiply-adds, so the bits are the same on every machine. They follow
    /// PyTorch's order of operations and differ from TorchSharp's optimizers in last bits.
    /// </summary>
    Portable,

    /// <summary>
    /// Tensor operations on the masked values, on the device where they lie, in the order of TorchSharp's own optimizers: the bits are
    /// libtorch's, and with it those of the machine.
    /// </summary>
    Torch,
}
