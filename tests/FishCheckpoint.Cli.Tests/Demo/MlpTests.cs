using FishCheckpoint.Demo;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Demo;

public sealed class MlpTests
{
    // Widths on both sides of the vectors' and the blocks' lengths.
    private static readonly int[] Widths = [13, 19, 8, 3];

    [Fact]
    public void Whole_AnyParameter_AgreesWithFiniteDifferences()
    {
        var (model, random) = (Mlp.Create(Widths, seed: 4), new SeededRandom(5));
        foreach (var bias in model.Parameters.Where((_, tensor) => tensor % 2 == 1))
        {
            Fill(bias, random, 0.1);
        }

        var inputs = Fill(new float[5 * Widths[0]], random, 1);
        int[] labels = [0, 2, 1, 1, 0];
        var pass = new MlpPass(model, 7);
        pass.Forward(inputs);
        pass.Backward(labels, 1f / labels.Length);

        for (var tensor = 0; tensor < model.Parameters.Length; tensor++)
        {
            var gradient = new float[model.Parameters[tensor].Length];
            Gradients.Whole(pass, tensor, gradient);
            for (var index = 0; index < gradient.Length; index += 3)
            {
                Assert.Equal(Slope(model, tensor, index, inputs, labels), gradient[index], 1e-4);
            }
        }
    }

    [Fact]
    public void Forward_Batch_AgreesWithPlainLoops()
    {
        var (model, random) = (Mlp.Create(Widths, seed: 6), new SeededRandom(7));
        Fill(model.Parameters[1], random, 0.5);
        var inputs = Fill(new float[6 * Widths[0]], random, 1);

        var logits = new MlpPass(model, 6).Forward(inputs).ToArray();

        Assert.Equal(Reference(model, inputs), logits.Select(logit => (double)logit), (left, right) => Math.Abs(left - right) < 1e-4);
    }

    [Fact]
    public void LayoutOf_Base_HasTheNamesAndSizesOfTheDemo()
    {
        var layout = Mlp.LayoutOf(DemoTasks.BaseWidths);

        Assert.Equal(
            ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "layers.2.weight", "layers.2.bias", "head.weight",
            "head.bias"],
            layout.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(329_418, layout.Elements);
    }

    [Fact]
    public void WithHead_OtherClasses_KeepsTheBodyAndDrawsAHead()
    {
        var model = Mlp.Create(Widths, seed: 1);

        var changed = model.WithHead(classes: 2, seed: 2);

        Assert.Equal(model.Parameters[..^2], changed.Parameters[..^2]);
        Assert.Equal([2, 8], changed.Layout.Tensors[^2].Shape);
        Assert.DoesNotContain(changed.Parameters[^2], value => value == 0);
    }

    private static double Slope(Mlp model, int tensor, int index, float[] inputs, int[] labels)
    {
        // Small, so that hardly any ReLU changes its side; the loss is computed in doubles, so that it does not drown.
        const float Nudge = 1f / 8192;
        var before = model.Parameters[tensor][index];
        var (high, low) = (before + Nudge, before - Nudge);
        model.Parameters[tensor][index] = high;
        var above = Loss(model, inputs, labels);
        model.Parameters[tensor][index] = low;
        var below = Loss(model, inputs, labels);
        model.Parameters[tensor][index] = before;
        return (above - below) / ((double)high - low);
    }

    private static double Loss(Mlp model, float[] inputs, int[] labels)
    {
        var classes = model.Widths[^1];
        var logits = Reference(model, inputs);
        return labels.Select((label, row) =>
            Math.Log(logits.Skip(row * classes).Take(classes).Sum(Math.Exp)) - logits[(row * classes) + label]).Average();
    }

    private static double[] Reference(Mlp model, float[] inputs)
    {
        var values = Array.ConvertAll(inputs, input => (double)input);
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var (from, to, last) = (model.Widths[layer], model.Widths[layer + 1], layer == model.Layers - 1);
            var next = new double[values.Length / from * to];
            for (var index = 0; index < next.Length; index++)
            {
                var (row, output) = Math.DivRem(index, to);
                double sum = model.Parameters[(2 * layer) + 1][output];
                for (var input = 0; input < from; input++)
                {
                    sum += values[(row * from) + input] * model.Parameters[2 * layer][(output * from) + input];
                }

                next[index] = last ? sum : Math.Max(0, sum);
            }

            values = next;
        }

        return values;
    }

    private static float[] Fill(float[] values, SeededRandom random, double scale)
    {
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = (float)(random.NextGaussian() * scale);
        }

        return values;
    }
}
