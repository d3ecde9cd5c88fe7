using System.Collections.Frozen;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>The names that a PyTorch pickle may use.</summary>
internal enum TorchName
{
    RebuildTensor,
    RebuildTensorV2,
    RebuildTensorV3,
    RebuildParameter,
    RebuildParameterWithState,
    RebuildFromType,
    TensorType,
    OrderedMap,
    Set,
    Size,
    Device,
    EncodedBytes,
    NumpyScalar,
    NumpyDtype,
}

/// <summary>A class of storages.</summary>
internal sealed record StorageClass(string Name, DType? Type, int Size);

/// <summary>A dtype, by its name.</summary>
internal sealed record DtypeName(DType Type);

/// <summary>A class or function whose objects are not read.</summary>
internal sealed record UnreadClass(string Name);

/// <summary>The only names that give a pickle an object. None of them is code of the pickle; each stands for a few lines here.</summary>
internal static class TorchNames
{
    private static readonly FrozenDictionary<string, TorchName> Known = new Dictionary<string, TorchName>(StringComparer.Ordinal)
    {
        ["torch._utils _rebuild_tensor"] = TorchName.RebuildTensor, ["torch._utils _rebuild_tensor_v2"] = TorchName.RebuildTensorV2,
        ["torch._utils _rebuild_tensor_v3"] = TorchName.RebuildTensorV3, ["torch._utils _rebuild_parameter"] = TorchName.RebuildParameter,
        ["torch._utils _rebuild_parameter_with_state"] = TorchName.RebuildParameterWithState,
        ["torch._tensor _rebuild_from_type_v2"] = TorchName.RebuildFromType,
        ["torch Tensor"] = TorchName.TensorType, ["torch.nn.parameter Parameter"] = TorchName.TensorType,
        ["collections OrderedDict"] = TorchName.OrderedMap,
        ["builtins set"] = TorchName.Set, ["__builtin__ set"] = TorchName.Set, ["torch Size"] = TorchName.Size,
        ["torch device"] = TorchName.Device,
        ["_codecs encode"] = TorchName.EncodedBytes, ["numpy.core.multiarray scalar"] = TorchName.NumpyScalar,
        ["numpy._core.multiarray scalar"] = TorchName.NumpyScalar,
        ["numpy dtype"] = TorchName.NumpyDtype,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Finds a name.</summary>
    /// <returns><see langword="null"/> if it is unknown.</returns>
    public static object? Find(string module, string name)
    {
        if (Known.TryGetValue($"{module} {name}", out var known))
        {
            return known;
        }

        if (module is "torch.storage" && name is "UntypedStorage")
        {
            return new StorageClass(name, null, 1);
        }

        return module is not ("torch" or "torch.cuda") ? null
            : TorchDtypes.TryStorage(name, out var storage) ? new StorageClass(name, storage.Type, storage.Size)
            : module is "torch" && TorchDtypes.TryDtype(name, out var type) ? new DtypeName(type) : null;
    }
}
