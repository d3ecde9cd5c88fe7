using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Tests.Training;

/// <summary>Softmax regression with its gradients by hand: W [labels, inputs] and a bias, on random examples.</summary>
internal sealed class SoftmaxModel : IFisherModel
{
    private readonly float[][] inputs;
    private readonly int[] labels;
    private readonly float[] weights;
    private readonly float[] probabilities;

    public SoftmaxModel(int examples, int inputs, int labels, int seed)
    {
        var random = new Random(seed);
        this.inputs = [.. Enumerable.Range(0, examples).Select(_ => Draw(inputs))];
        this.labels = [.. Enumerable.Range(0, examples).Select(_ => random.Next(labels))];
        (weights, probabilities) = (Draw(labels * inputs), new float[labels]);
        Layout = new Layout([new("w", DType.F32, [labels, inputs]), new("b", DType.F32, [labels]), new("unused", DType.F32, [3])]);

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    public Layout Layout { get; }

    public int Examples => inputs.Length;

    public int Labels => probabilities.Length;

    public List<(int Example, int Label)> Asked { get; } = [];

    public int LabelOf(int example) => labels[example];

    public ReadOnlySpan<float> ProbabilitiesOf(int example)
    {
        var logits = Enumerable.Range(0, Labels).Select(label =>
            inputs[example].Select((value, index) => (double)value * weights[(label * inputs[example].Length) + index]).Sum()).ToArray();
        var sum = logits.Sum(Math.Exp);
        logits.Select(logit => (float)(Math.Exp(logit) / sum)).ToArray().CopyTo(probabilities, 0);
        return probabilities;
    }

    public void Differentiate(int example, int label, GradientSink gradients)
    {
        Asked.Add((example, label));
        var bias = ProbabilitiesOf(example).ToArray().Select((probability, index) => (index == label ? 1 : 0) - probability).ToArray();
        gradients(0, bias.SelectMany(slope => inputs[example].Select(value => slope * value)).ToArray());
        gradients(1, bias);
    }
}
