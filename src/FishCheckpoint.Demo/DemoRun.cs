using FishCheckpoint.Masks;
using FishCheckpoint.Training;

namespace FishCheckpoint.Demo;

/// <summary>
/// A prepared training run with a model and a mask, so that a <see cref="CheckpointHook"/> can be attached before it trains.
/// </summary>
public sealed class DemoRun
{
    private readonly Digits digits;
    private readonly DemoSettings settings;
    private readonly int epochs;
    private readonly float rate;

    internal DemoRun(string name, Mlp model, Mask mask, Digits digits, DemoSettings settings, int epochs, float rate)
    {
        (Name, Model, Mask) = (name, model, mask);
        (this.digits, this.settings, this.epochs, this.rate) = (digits, settings, epochs, rate);
    }

    /// <summary>A valid task name such as <c>rotated-fish-0.5</c> (percent).</summary>
    public string Name { get; }

    /// <summary>The model: first the starting values, then the trained ones.</summary>
    public Mlp Model { get; }

    /// <summary>The positions that training changes, on the model's layout.</summary>
    public Mask Mask { get; }

    /// <summary>The number of steps of <see cref="Train"/>.</summary>
    public int Steps => epochs * StepsPerEpoch;

    private int StepsPerEpoch => (digits.Train.Count + settings.BatchSize - 1) / settings.BatchSize;

    /// <summary>Trains. The same run gives the same bits.</summary>
    /// <param name="onStep">Called after each step, on the same thread, with the number of the step (from 1) and its loss.</param>
    /// <param name="cancellation">Stops training between two steps.</param>
    /// <returns>The share of test images that the trained model classifies correctly.</returns>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public double Train(Action<long, double>? onStep = null, CancellationToken cancellation = default)
    {
        var random = new SeededRandom(settings.Seed);
        var sgd = new DemoSgd(new MlpPass(Model, settings.BatchSize), Mask, settings.Momentum);
        var order = Enumerable.Range(0, digits.Train.Count).ToArray();
        var step = 0;
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            random.Shuffle<int>(order);
            for (var begin = 0; begin < order.Length; begin += settings.BatchSize)
            {
                cancellation.ThrowIfCancellationRequested();
                var batch = order.AsSpan(begin, Math.Min(settings.BatchSize, order.Length - begin));
                var loss = sgd.Step(digits.Train, batch, rate * (float)((1 + Math.Cos(Math.PI * step / Steps)) / 2));
                onStep?.Invoke(++step, loss);
            }
        }

        return Accuracy(Model, digits.Test);
    }

    /// <summary>The share of images that a model classifies correctly.</summary>
    public static double Accuracy(Mlp model, Samples samples)
    {
        const int BatchSize = 64;
        var pass = new MlpPass(model, BatchSize);
        var (right, classes) = (0, model.Widths[^1]);
        var order = Enumerable.Range(0, samples.Count).ToArray();
        for (var begin = 0; begin < order.Length; begin += BatchSize)
        {
            var batch = order.AsSpan(begin, Math.Min(BatchSize, order.Length - begin));
            var logits = pass.Forward(samples, batch);
            for (var index = 0; index < batch.Length; index++)
            {
                right += ArgMax(logits.Slice(index * classes, classes)) == samples.Labels[batch[index]] ? 1 : 0;
            }
        }

        return (double)right / samples.Count;
    }

    private static int ArgMax(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var index = 1; index < values.Length; index++)
        {
            best = values[index] > values[best] ? index : best;
        }

        return best;
    }
}
