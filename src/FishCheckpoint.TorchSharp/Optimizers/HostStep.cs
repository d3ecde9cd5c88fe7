using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>Steps with an optimizer of the domain on tensors of the host: in place where tensor and gradient are contiguous, else on gathered values.</summary>
internal sealed class HostStep(TorchModel model, MaskedOptimizer core) : IMaskedStep
{
    private readonly List<(int MaskTensor, torch.Tensor Gradient)> scattered = [];
    private torch.Tensor? held;

    public Mask Mask => core.Mask;

    public long StateBytes => core.StateBytes;

    public void Step(double learningRate)
    {
        core.LearningRate = learningRate;
        var places = core.Mask.Tensors.Index().ToDictionary(pair => pair.Item.Tensor, pair => pair.Index);
        try
        {
            core.Step(ValuesOf, tensor => GradientOf(tensor, places));
            foreach (var (maskTensor, gradient) in scattered)
            {
                StepGathered(maskTensor, gradient);
            }
        }
        finally
        {
            scattered.ForEach(pair => pair.Gradient.Dispose());
            scattered.Clear();
            Hold(null);
        }
    }

    public void SetMask(Mask mask) => core.SetMask(mask);

    public void SaveTo(StateSection state, double learningRate)
    {
        core.LearningRate = learningRate;
        core.SaveTo(state);
    }

    public double LoadFrom(StateSection state)
    {
        core.LoadFrom(state);
        return core.LearningRate;
    }

    public void Dispose() => Hold(null);

    private Span<float> ValuesOf(int tensor) => MemoryMarshal.Cast<byte, float>(model.Tensors[tensor].Flat().Bytes);

    // Asked for before the values; it lives until the next one is.
    private ReadOnlySpan<float> GradientOf(int tensor, Dictionary<int, int> places)
    {
        var found = model.GradientOf(tensor);
        if (found is null)
        {
            Hold(null);
            return [];
        }

        var flat = model.Tensors[tensor].Flat();
        if (!flat.IsOnHost)
        {
            found.Dispose();
            throw new FishException(
                ErrorCode.RequestInvalid, model.Tensors[tensor].Info.Name, "The tensor is not on the host any more.", "Make the optimizer after moving the module.");
        }

        if (flat.IsSpan && found.is_contiguous() && found.dtype == torch.ScalarType.Float32)
        {
            Hold(found);
            return MemoryMarshal.Cast<byte, float>(found.bytes);
        }

        scattered.Add((places[tensor], found));
        return [];
    }

    private void StepGathered(int maskTensor, torch.Tensor gradient)
    {
        var mask = core.Mask.Tensors[maskTensor];
        var (info, flat) = (model.Tensors[mask.Tensor].Info, model.Tensors[mask.Tensor].Flat());
        using var dense = gradient.contiguous();
        var (values, gradients) = (new float[mask.Positions.Length], new float[mask.Positions.Length]);
        FlatTensor.Of(dense, info).Gather(mask.Positions.Span, null, MemoryMarshal.AsBytes(gradients.AsSpan()));
        flat.Gather(mask.Positions.Span, null, MemoryMarshal.AsBytes(values.AsSpan()));
        core.Update(maskTensor, values, gradients);
        flat.Scatter(mask.Positions.Span, null, MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private void Hold(torch.Tensor? gradient)
    {
        held?.Dispose();
        held = gradient;
    }
}
