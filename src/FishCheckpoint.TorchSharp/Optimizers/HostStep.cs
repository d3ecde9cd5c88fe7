using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// Steps with an optimizer of the domain on tensors of the host: in place where tensor and gradient are contiguous, else on gathered values.
/// </summary>
internal sealed class HostStep(TorchModel model, MaskedOptimizer core) : IMaskedStep
{
    // Of the step that is being taken: tensors of the layout that are stepped on in place, and tensors of the mask that are not.
    private readonly Dictionary<int, (FlatTensor Values, torch.Tensor Gradient)> inPlace = [];
    private readonly List<(int MaskTensor, FlatTensor Values, torch.Tensor Gradient)> gathered = [];

    public Mask Mask => core.Mask;

    public long StateBytes => core.StateBytes;

    public void Step(double learningRate)
    {
        core.LearningRate = learningRate;
        try
        {
            foreach (var (index, mask) in core.Mask.Tensors.Index())
            {
                Collect(index, mask.Tensor);
            }

            core.Step(
                tensor => inPlace.TryGetValue(tensor, out var found) ? MemoryMarshal.Cast<byte, float>(found.Values.Bytes) : [],
                tensor => inPlace.TryGetValue(tensor, out var found) ? MemoryMarshal.Cast<byte, float>(found.Gradient.bytes) : []);
            gathered.ForEach(StepGathered);
        }
        finally
        {
            Release();
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

    public void Dispose() => Release();

    // Once for each tensor, before the step: the optimizer asks twice, and the gradient of tied parameters is a new sum each time.
    private void Collect(int maskTensor, int tensor)
    {
        if (model.GradientOf(tensor) is not { } gradient)
        {
            return;
        }

        var flat = model.Tensors[tensor].Flat();
        if (!flat.IsOnHost)
        {
            gradient.Dispose();
            throw new FishException(
                ErrorCode.RequestInvalid, model.Tensors[tensor].Info.Name, "The tensor is not on the host any more.",
                "Make the optimizer after moving the module.");
        }

        if (flat.IsSpan && gradient.is_contiguous() && gradient.dtype == torch.ScalarType.Float32)
        {
            inPlace.Add(tensor, (flat, gradient));
        }
        else
        {
            gathered.Add((maskTensor, flat, gradient));
        }
    }

    // Positions count through the shape, in the gradient as in the values, whatever the strides of both.
    private void StepGathered((int MaskTensor, FlatTensor Values, torch.Tensor Gradient) step)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var mask = core.Mask.Tensors[step.MaskTensor];
        var info = model.Tensors[mask.Tensor].Info;
        var dense = step.Gradient.to(torch.ScalarType.Float32).reshape([.. info.Shape]).contiguous();
        var (values, gradients) = (new float[mask.Positions.Length], new float[mask.Positions.Length]);
        FlatTensor.Of(dense, info).Gather(mask.Positions.Span, null, MemoryMarshal.AsBytes(gradients.AsSpan()));
        step.Values.Gather(mask.Positions.Span, null, MemoryMarshal.AsBytes(values.AsSpan()));
        core.Update(step.MaskTensor, values, gradients);
        step.Values.Scatter(mask.Positions.Span, null, MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private void Release()
    {
        foreach (var gradient in inPlace.Values.Select(found => found.Gradient).Concat(gathered.Select(found => found.Gradient)))
        {
            gradient.Dispose();
        }

        inPlace.Clear();
        gathered.Clear();
    }
}
