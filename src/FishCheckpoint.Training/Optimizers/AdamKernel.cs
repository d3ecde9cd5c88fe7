using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Training;

/// <summary>
/// The hot loop of <see cref="MaskedAdam"/> and <see cref="MaskedAdamW"/>: PyTorch's <c>_single_tensor_adam</c>. Each operation rounds
/// separately, in vectors and in the remainder, so no bit depends on a machine's vector width.
/// </summary>
internal static class AdamKernel
{
    // Like torch.lerp, starts from the other end at 0.5, so that a weight of 1 gives the end exactly.
    private const float NearStart = 0.5f;

    /// <summary>Takes one step.</summary>
    public static void Step(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> means, Span<float> squares, in AdamFactors factors)
    {
        var ws = MemoryMarshal.Cast<float, Vector<float>>(values);
        var gs = MemoryMarshal.Cast<float, Vector<float>>(gradients)[..ws.Length];
        var ms = MemoryMarshal.Cast<float, Vector<float>>(means)[..ws.Length];
        var vs = MemoryMarshal.Cast<float, Vector<float>>(squares)[..ws.Length];
        for (var index = 0; index < ws.Length; index++)
        {
            Step(ref ws[index], gs[index], ref ms[index], ref vs[index], factors);
        }

        for (var index = ws.Length * Vector<float>.Count; index < values.Length; index++)
        {
            Step(ref values[index], gradients[index], ref means[index], ref squares[index], factors);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        ref Vector<float> value, Vector<float> gradient, ref Vector<float> mean, ref Vector<float> square, in AdamFactors factors)
    {
        value = factors.Shrink == 1 ? value : value * factors.Shrink;
        gradient = factors.Decay == 0 ? gradient : gradient + (value * factors.Decay);
        mean = factors.MeanWeight < NearStart
            ? mean + ((gradient - mean) * factors.MeanWeight)
            : gradient - ((gradient - mean) * factors.MeanKept);
        square = (square * factors.SquareKept) + (gradient * factors.SquareWeight * gradient);
        var denominator = (Vector.SquareRoot(square) / new Vector<float>(factors.CorrectionRoot)) + new Vector<float>(factors.Epsilon);
        value += mean * factors.NegativeStep / denominator;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref float value, float gradient, ref float mean, ref float square, in AdamFactors factors)
    {
        value = factors.Shrink == 1 ? value : value * factors.Shrink;
        gradient = factors.Decay == 0 ? gradient : gradient + (value * factors.Decay);
        mean = factors.MeanWeight < NearStart
            ? mean + ((gradient - mean) * factors.MeanWeight)
            : gradient - ((gradient - mean) * factors.MeanKept);
        square = (square * factors.SquareKept) + (gradient * factors.SquareWeight * gradient);
        var denominator = (MathF.Sqrt(square) / factors.CorrectionRoot) + factors.Epsilon;
        value += mean * factors.NegativeStep / denominator;
    }
}
