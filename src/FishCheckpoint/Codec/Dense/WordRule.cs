using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>
/// How units of a dtype are cut into planes of bytes. Floats are rotated left by one bit first: the sign goes below the mantissa, so that
/// the highest byte holds exponent alone (all of it in <c>BF16</c> and <c>F32</c>), which is what compresses in a trained tensor.
/// </summary>
/// <param name="type">The dtype of the units.</param>
internal readonly struct WordRule(DType type)
{
    /// <summary>The most planes of a dtype.</summary>
    public const int MaxSize = 8;

    /// <summary>Bytes of a word, and planes: those of a unit; of a complex number's parts.</summary>
    public int Size { get; } = type == DType.C64 ? sizeof(float) : DTypes.UnitSizeOf(type);

    /// <summary>Bits that a word is rotated left by: 1 for floats of more than a byte, whose sign would else be in the exponent's
    /// byte.</summary>
    public int Rotation { get; } = type is DType.F16 or DType.BF16 or DType.F32 or DType.F64 or DType.C64 ? 1 : 0;
}
