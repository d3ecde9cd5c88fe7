using System.Diagnostics;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Benchmarks.Training;

/// <summary>
/// What an Adam step and its state cost with a mask, beside the same kernel over every value: 10 million parameters in 24 tensors, 0.5% of
/// them in the mask, drawn at random, which is the worst order for memory. Both take each step one after the other; medians and quartiles
/// are of all steps.
/// </summary>
internal static class OptimizerRun
{
    private const int Warmup = 10;
    private const double Ratio = 0.005;

    public static void Run(int repetitions)
    {
        var layout = new Layout(
            [.. Enumerable.Range(0, 24).Select(index => new TensorInfo($"layers.{index}.weight", DType.F32, [408, 1024]))]);
        var mask = MaskSelection.Random(layout, new MaskRule { Ratio = Ratio }, seed: 1);
        var (weights, gradients) = (Draw(layout, 1), Draw(layout, 2));
        TensorValues values = tensor => weights[tensor];
        TensorGradients slopes = tensor => gradients[tensor];

        var (dense, denseBytes) = Measure(() => new DenseAdam(layout));
        var (masked, maskedBytes) = Measure(() => new MaskedAdam(mask));
        var (denseTimes, maskedTimes, ratios) = (new List<double>(), new List<double>(), new List<double>());
        var allocated = 0L;
        for (var repetition = -Warmup; repetition < repetitions; repetition++)
        {
            var denseTime = Time(() => dense.Step(weights, gradients));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var maskedTime = Time(() => masked.Step(values, slopes));
            if (repetition >= 0)
            {
                allocated = Math.Max(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
                denseTimes.Add(denseTime);
                maskedTimes.Add(maskedTime);
                ratios.Add(denseTime / maskedTime);
            }
        }

        Console.WriteLine(
            $"{layout.Elements:N0} parameters, {mask.Count:N0} in the mask ({(double)mask.Count / layout.Elements:P2}), {repetitions} "
            + "paired steps");
        Console.WriteLine(
            $"state allocated: dense {denseBytes:N0} bytes, masked {maskedBytes:N0} (moments {masked.StateBytes:N0}): "
            + $"{(double)denseBytes / maskedBytes:N0}x");
        Console.WriteLine(
            $"step: dense {Show(denseTimes)} ms, masked {Show(maskedTimes)} ms; dense / masked {Show(ratios)}; at most {allocated:N0} "
            + "bytes allocated by a masked step");
    }

    private static (T Made, long Bytes) Measure<T>(Func<T> make)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var made = make();
        return (made, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static double Time(Action action)
    {
        var begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    private static string Show(List<double> values)
    {
        values.Sort();
        return $"{values[values.Count / 2]:0.000} ({values[values.Count / 4]:0.000} to {values[values.Count * 3 / 4]:0.000})";
    }

    private static float[][] Draw(Layout layout, int seed)
    {
        var random = new Random(seed);
        return [.. layout.Tensors.Select(
            tensor => Enumerable.Range(0, (int)tensor.Elements).Select(_ => random.NextSingle() - 0.5f).ToArray())];
    }

    // The same arithmetic over every value, with no positions at all.
    private sealed class DenseAdam(Layout layout)
    {
        private readonly AdamOptions options = new();
        private readonly float[][] means = [.. layout.Tensors.Select(tensor => new float[tensor.Elements])];
        private readonly float[][] squares = [.. layout.Tensors.Select(tensor => new float[tensor.Elements])];
        private long step;

        public void Step(float[][] weights, float[][] gradients)
        {
            var factors = AdamFactors.Of(options, decoupled: false, options.LearningRate, ++step);
            for (var tensor = 0; tensor < weights.Length; tensor++)
            {
                AdamKernel.Step(weights[tensor], gradients[tensor], means[tensor], squares[tensor], factors);
            }
        }
    }
}
