using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>How many positions a mask may have, and which tensors are in it whatever their scores.</summary>
public sealed record MaskRule
{
    /// <summary>The share of all trainable elements that the mask may hold, from 0 to 1. Default: 0.005, the paper's smallest.</summary>
    public double Ratio { get; init; } = 0.005;

    /// <summary>
    /// Tensors that are in the mask with every position, such as a new classifier head; they count in the budget. Default: none.
    /// </summary>
    public Func<TensorInfo, bool> AlwaysTrained { get; init; } = _ => false;

    /// <summary>
    /// Tensors that train at all; others are in no mask and count in no budget (buffers, such as position ids). Default: all of a float dtype with
    /// whole bytes per element.
    /// </summary>
    public Func<TensorInfo, bool> Trainable { get; init; } = IsFloat;

    /// <summary>An <see cref="AlwaysTrained"/> that picks tensors by the beginning of their names, as in <c>classifier.</c>.</summary>
    public static Func<TensorInfo, bool> NamePrefix(string prefix) => tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>Whether a tensor holds floats, one to an addressable unit.</summary>
    public static bool IsFloat(TensorInfo tensor) => tensor.Type is DType.F64 or DType.F32 or DType.F16 or DType.BF16
        or DType.F8E4M3 or DType.F8E5M2 or DType.F8E4M3Fnuz or DType.F8E5M2Fnuz;
}
