using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// How units of a dtype are split into byte planes. Floats are rotated left by one bit, which moves the sign below the mantissa. The
/// highest byte then contains only exponent bits (all of them in <c>BF16</c> and <c>F32</c>), which compress well in trained tensors.
/// </summary>
/// <param name="type">The dtype of the units.</param>
internal readonly struct WordRule(DType type)
{
    /// <summary>The most planes of a dtype.</summary>
    public const int MaxSize = 8;

    /// <summary>Bytes per word, and the number of planes: those of a unit, or of a complex number's part.</summary>
    public int Size { get; } = type == DType.C64 ? sizeof(float) : DTypes.UnitSizeOf(type);

    /// <summary>
    /// The left rotation in bits: 1 for floats of more than a byte, whose sign would otherwise be in the exponent's byte.
    /// </summary>
    public int Rotation { get; } = type is DType.F16 or DType.BF16 or DType.F32 or DType.F64 or DType.C64 ? 1 : 0;
}
