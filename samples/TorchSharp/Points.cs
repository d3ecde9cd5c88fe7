using FishCheckpoint.Training;
using static TorchSharp.torch;

namespace FishCheckpoint.Samples.TorchSharp;

/// <summary>Points in slices of a circle around the origin; the task rotates the circle, so that most labels change.</summary>
internal sealed class Points : IDisposable
{
    public const int Labels = 6;
    public const int Count = 600;

    public Points(double turn, long seed)
    {
        var random = new SeededRandom(seed);
        var (places, labels) = (new float[2 * Count], new long[Count]);
        for (var index = 0; index < Count; index++)
        {
            var (angle, length) = (random.NextDouble() * Math.Tau, 0.3 + random.NextDouble());
            (places[2 * index], places[(2 * index) + 1]) = ((float)(length * Math.Cos(angle)), (float)(length * Math.Sin(angle)));
            labels[index] = (long)(((angle + turn) % Math.Tau) / Math.Tau * Labels);
        }

        (Places, Truth) = (tensor(places, [Count, 2]), tensor(labels));
    }

    /// <summary>The points' coordinates: [points, 2].</summary>
    public Tensor Places { get; }

    /// <summary>Their slices: [points].</summary>
    public Tensor Truth { get; }

    /// <summary>The share of points that a net classifies correctly.</summary>
    public double Accuracy(Net net)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        net.eval();
        var right = net.call(Places).argmax(1).eq(Truth).sum().item<long>();
        net.train();
        return (double)right / Count;
    }

    public void Dispose()
    {
        Places.Dispose();
        Truth.Dispose();
    }
}
