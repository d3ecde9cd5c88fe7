using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// A module as the estimator's model. While it exists, the module is in evaluation mode, and its own gradients are set aside.
/// </summary>
internal sealed class FisherClassifier : IFisherModel, IDisposable
{
    private readonly TorchModel model;
    private readonly Func<int, torch.Tensor> logits;
    private readonly Func<int, int>? labelOf;
    private readonly FisherOptions options;
    private readonly int[] trained;
    private readonly ModuleStateScope aside;
    private readonly Dictionary<int, torch.Tensor> sums = [];
    private readonly HashSet<int> onDevice;
    private float[] probabilities = [];
    private torch.Tensor? logProbabilities;
    private int forwarded = -1;

    public FisherClassifier(
        TorchModel model, int examples, Func<int, torch.Tensor> logits, Func<int, int>? labelOf, FisherOptions options, bool? asDevice)
    {
        (this.model, this.logits, this.labelOf, this.options, Examples) = (model, logits, labelOf, options, examples);
        trained = [.. Enumerable.Range(0, model.Tensors.Count)
            .Where(tensor => model.Tied.CanonicalOf(tensor) == tensor && model.Trains(model.Layout.Tensors[tensor]))];
        onDevice = [.. trained.Where(tensor => asDevice ?? model.Tensors[tensor].Live.device_type != DeviceType.CPU)];
        aside = new ModuleStateScope(model);
    }

    public Layout Layout => model.Layout;

    public int Examples { get; }

    public int LabelOf(int example) => labelOf?.Invoke(example)
        ?? throw new FishException(
            ErrorCode.RequestInvalid, "labelOf", "The empirical Fisher needs true labels.", $"Give them, or choose {FisherKind.Expected}.");

    public ReadOnlySpan<float> ProbabilitiesOf(int example)
    {
        Forward(example);
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        probabilities = MemoryMarshal.Cast<byte, float>(logProbabilities!.exp().to(torch.ScalarType.Float32).cpu().bytes).ToArray();
        return probabilities;
    }

    public void Differentiate(int example, int label, GradientSink gradients)
    {
        // One forward pass serves the probabilities and all labels of an example.
        if (forwarded != example)
        {
            Forward(example);
        }

        Backward(example, label, keepGraph: options.Kind == FisherKind.Expected);
        using var noGrad = torch.no_grad();
        foreach (var tensor in trained)
        {
            using var scope = torch.NewDisposeScope();
            using var gradient = model.GradientOf(tensor);
            if (gradient is null)
            {
                continue;
            }

            var single = gradient.to(torch.ScalarType.Float32).contiguous();
            if (onDevice.Contains(tensor))
            {
                Sum(tensor, single, options.Kind == FisherKind.Expected ? probabilities[label] : 1);
            }
            else
            {
                gradients(tensor, MemoryMarshal.Cast<byte, float>(single.bytes));
            }
        }
    }

    /// <summary>Copies the device's sums to the host.</summary>
    public void AddSumsTo(FisherInformation fisher)
    {
        foreach (var (tensor, sum) in sums)
        {
            using var host = sum.cpu();
            fisher.AddSums(tensor, MemoryMarshal.Cast<byte, float>(host.bytes));
        }
    }

    public void Dispose()
    {
        foreach (var sum in sums.Values)
        {
            sum.Dispose();
        }

        logProbabilities?.Dispose();
        aside.Dispose();
    }

    private void Forward(int example)
    {
        logProbabilities?.Dispose();
        (logProbabilities, forwarded) = (null, -1);
        using var scope = torch.NewDisposeScope();
        using var grad = torch.enable_grad();
        var raw = logits(example);
        if (raw.shape is not [.., > 0 and var labels] || labels != raw.numel())
        {
            throw new FishException(
                ErrorCode.RequestInvalid, $"example {example}",
                $"The logits have the shape {TensorInfo.ShapeText(raw.shape)}; expected [labels] or [1, labels] for one example.",
                "Run the module on one example at a time.");
        }

        logProbabilities = torch.nn.functional.log_softmax(raw.reshape(-1), 0).DetachFromDisposeScope();
        forwarded = example;
    }

    private void Backward(int example, int label, bool keepGraph)
    {
        if (label < 0 || label >= logProbabilities!.numel())
        {
            throw new FishException(
                ErrorCode.RequestInvalid, $"example {example}", $"There is no label {label} of {logProbabilities!.numel()}.",
                "Count labels from 0.");
        }

        using var scope = torch.NewDisposeScope();
        aside.Clear();
        logProbabilities[label].backward(retain_graph: keepGraph);
        if (!keepGraph)
        {
            forwarded = -1;
        }
    }

    private void Sum(int tensor, torch.Tensor gradient, float weight)
    {
        if (!sums.TryGetValue(tensor, out var sum))
        {
            sums.Add(tensor, sum = torch.zeros_like(gradient).DetachFromDisposeScope());
        }

        if (options.Power == FisherPower.Square)
        {
            sum.addcmul_(gradient, gradient, value: weight);
        }
        else
        {
            sum.add_(gradient.abs(), alpha: weight);
        }
    }
}
