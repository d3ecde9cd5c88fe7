using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using TorchSharp;
using TorchSharp.Modules;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// A parameter or buffer of a module by its name. Each use looks it up again, because moving or converting a module replaces its tensors.
/// </summary>
internal sealed class ModuleTensor(torch.nn.Module owner, string leaf, bool isParameter, TensorInfo info) : IDisposable
{
    private readonly IndexCache index = new();
    private FlatTensor? flat;

    /// <summary>The expected name, dtype and shape.</summary>
    public TensorInfo Info => info;

    /// <summary>Whether it is a parameter, not a buffer.</summary>
    public bool IsParameter => isParameter;

    /// <summary>Uses the code for devices on the host too; for tests.</summary>
    public bool AsDevice { get; init; }

    /// <summary>The current tensor; owned by the module.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorMissing"/>: the module no longer has it.</exception>
    public torch.Tensor Live => (isParameter ? owner.get_parameter(leaf) : owner.get_buffer(leaf)) is { IsInvalid: false } tensor
        ? tensor : throw new FishException(
            ErrorCode.TensorMissing, info.Name, "The module no longer has this tensor, or it is disposed.",
            "Do not remove tensors from the module; tie parameters after moving it.");

    /// <summary>The current parameter; <see langword="null"/> for a buffer.</summary>
    public Parameter? Parameter => isParameter ? (Parameter)Live : null;

    /// <summary>The tensor's elements by position.</summary>
    /// <exception cref="FishException">It no longer matches the layout: see <see cref="FlatTensor.Of"/>.</exception>
    public FlatTensor Flat()
    {
        var live = Live;
        if (flat is null || !ReferenceEquals(flat.Tensor, live))
        {
            flat = FlatTensor.Of(live, info, AsDevice);
        }

        return flat;
    }

    /// <summary>The index tensor of positions on the tensor's device, cached per object; <see langword="null"/> on the host.</summary>
    public torch.Tensor? IndexOf(TensorMask positions) => Flat() is { IsOnHost: false } now ? index.Of(now, positions) : null;

    public void Dispose() => index.Dispose();
}
