namespace FishCheckpoint.Tensors;

/// <summary>
/// The 22 element types of the safetensors format, in its order of alignment (safetensors, <c>tensor.rs</c>, <c>Dtype</c>).
/// </summary>
public enum DType : byte
{
    /// <summary>Boolean, one byte.</summary>
    Bool,
    /// <summary>MX 4-bit float, two per byte.</summary>
    F4,
    /// <summary>MX 6-bit float E2M3, four per three bytes.</summary>
    F6E2M3,
    /// <summary>MX 6-bit float E3M2, four per three bytes.</summary>
    F6E3M2,
    /// <summary>Unsigned 8-bit integer.</summary>
    U8,
    /// <summary>Signed 8-bit integer.</summary>
    I8,
    /// <summary>8-bit float E5M2.</summary>
    F8E5M2,
    /// <summary>8-bit float E4M3.</summary>
    F8E4M3,
    /// <summary>8-bit exponent (MX scale).</summary>
    F8E8M0,
    /// <summary>8-bit float E4M3, finite, no negative zero.</summary>
    F8E4M3Fnuz,
    /// <summary>8-bit float E5M2, finite, no negative zero.</summary>
    F8E5M2Fnuz,
    /// <summary>Signed 16-bit integer.</summary>
    I16,
    /// <summary>Unsigned 16-bit integer.</summary>
    U16,
    /// <summary>IEEE half precision.</summary>
    F16,
    /// <summary>bfloat16.</summary>
    BF16,
    /// <summary>Signed 32-bit integer.</summary>
    I32,
    /// <summary>Unsigned 32-bit integer.</summary>
    U32,
    /// <summary>IEEE single precision.</summary>
    F32,
    /// <summary>Complex number of two IEEE singles.</summary>
    C64,
    /// <summary>IEEE double precision.</summary>
    F64,
    /// <summary>Signed 64-bit integer.</summary>
    I64,
    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
}
