using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Maps the dtypes that torch and safetensors share.</summary>
internal static class TorchDTypes
{
    private static readonly (torch.ScalarType Torch, DType Type)[] Table =
    [
        (torch.ScalarType.Float64, DType.F64), (torch.ScalarType.Float32, DType.F32), (torch.ScalarType.Float16, DType.F16),
        (torch.ScalarType.BFloat16, DType.BF16), (torch.ScalarType.Int64, DType.I64), (torch.ScalarType.Int32, DType.I32),
        (torch.ScalarType.Int16, DType.I16), (torch.ScalarType.Int8, DType.I8), (torch.ScalarType.Byte, DType.U8),
        (torch.ScalarType.Bool, DType.Bool),
    ];

    /// <summary>The safetensors dtype of a tensor.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>: it is complex or quantized.</exception>
    public static DType Of(torch.ScalarType type, string name)
    {
        foreach (var (torchType, fileType) in Table)
        {
            if (torchType == type)
            {
                return fileType;
            }
        }

        throw new FishException(
            ErrorCode.DtypeMismatch, name,
            $"The tensor has the dtype {type}; checkpoints support floats, integers and booleans, not complex or quantized tensors.",
            "Register real and imaginary parts as two tensors, or do not register it.");
    }

    /// <summary>The torch dtype of a safetensors dtype.</summary>
    /// <returns><see langword="false"/> if TorchSharp has none.</returns>
    public static bool TryGet(DType type, out torch.ScalarType torchType)
    {
        torchType = ToTorch(type);
        return Array.Exists(Table, row => row.Type == type);
    }

    /// <summary>The torch dtype of a safetensors dtype that has one.</summary>
    public static torch.ScalarType ToTorch(DType type) => Array.Find(Table, row => row.Type == type).Torch;

    /// <summary>Whether optimizers update this dtype.</summary>
    public static bool IsFloat(DType type) => type is DType.F64 or DType.F32 or DType.F16 or DType.BF16;
}
