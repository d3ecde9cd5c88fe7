using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Updates tensors on the host with the portable optimizers: in place if tensor and gradient are contiguous, else on gathered values.
/// </summary>
internal sealed class HostStep(TorchModel model, MaskedOptimizer core) : IMaskedStep
{
    // Tensors of the mask that cannot be updated in place, and the last requested gradient: at most one copy exists at a time.
    private readonly SortedSet<int> gathered = [];
    private torch.Tensor? cached;

    public Mask Mask => core.Mask;

    public long StateBytes => core.StateBytes;

    public void Step(double learningRate)
    {
        core.LearningRate = learningRate;
        var places = core.Mask.Tensors.Index().ToDictionary(pair => pair.Item.Tensor, pair => pair.Index);
        try
        {
            core.Step(ValuesOf, tensor => GradientOf(tensor, places[tensor]));
            foreach (var maskTensor in gathered)
            {
                StepGathered(maskTensor);
            }
        }
        finally
        {
            gathered.Clear();
            Hold(null);
        }
    }

    public void SetMask(Mask mask) => core.SetMask(mask);

    public void SaveTo(StateSection state, double learningRate)
    {
        core.LearningRate = learningRate;
        core.SaveTo(state);
    }

    public void Check(StateSection state) => core.Check(state);

    public double LoadFrom(StateSection state)
    {
        core.LoadFrom(state);
        return core.LearningRate;
    }

    public void Dispose() => Hold(null);

    private Span<float> ValuesOf(int tensor) =>
        model.Tensors[tensor].Flat() is { IsSpan: true } flat ? MemoryMarshal.Cast<byte, float>(flat.Bytes) : [];

    // Empty for a tensor without a gradient, and for one that is updated afterwards. Valid until the next call.
    private ReadOnlySpan<float> GradientOf(int tensor, int maskTensor)
    {
        if (Hold(model.GradientOf(tensor)) is not { } gradient)
        {
            return [];
        }

        var flat = model.Tensors[tensor].Flat();
        if (!flat.IsOnHost)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, model.Tensors[tensor].Info.Name, "The tensor is no longer on the host.",
                "Create the optimizer after moving the module.");
        }

        if (flat.IsSpan && gradient.is_contiguous() && gradient.dtype == torch.ScalarType.Float32)
        {
            return MemoryMarshal.Cast<byte, float>(gradient.bytes);
        }

        gathered.Add(maskTensor);
        return [];
    }

    // Positions count through the shape, in the gradient as in the values, regardless of strides.
    private void StepGathered(int maskTensor)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var mask = core.Mask.Tensors[maskTensor];
        var (info, flat) = (model.Tensors[mask.Tensor].Info, model.Tensors[mask.Tensor].Flat());
        using var gradient = model.GradientOf(mask.Tensor)!;
        var dense = gradient.to(torch.ScalarType.Float32).reshape([.. info.Shape]).contiguous();
        var (values, gradients) = (new float[mask.Positions.Length], new float[mask.Positions.Length]);
        FlatTensor.Of(dense, info).Gather(mask.Positions.Span, null, MemoryMarshal.AsBytes(gradients.AsSpan()));
        flat.Gather(mask.Positions.Span, null, MemoryMarshal.AsBytes(values.AsSpan()));
        core.Update(maskTensor, values, gradients);
        flat.Scatter(mask.Positions.Span, null, MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private torch.Tensor? Hold(torch.Tensor? gradient)
    {
        cached?.Dispose();
        return cached = gradient;
    }
}
