using System.Numerics;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Training;

/// <summary>The scalars of a step of <see cref="SgdKernel"/>.</summary>
/// <param name="Decay">The multiple of a value that is added to its gradient (L2).</param>
/// <param name="Momentum">The factor of the momentum buffer.</param>
/// <param name="Fresh">1 - dampening.</param>
/// <param name="NegativeRate">The learning rate, negated.</param>
/// <param name="Nesterov">Whether the momentum is added once more.</param>
/// <param name="First">Whether the gradient itself becomes the buffer.</param>
internal readonly record struct SgdFactors(float Decay, float Momentum, float Fresh, float NegativeRate, bool Nesterov, bool First);

/// <summary>
/// The hot loops of <see cref="MaskedSgd"/>: PyTorch's <c>_single_tensor_sgd</c>. Each operation rounds separately, in vectors and in the
/// remainder, so no bit depends on a machine's vector width.
/// </summary>
internal static class SgdKernel
{
    /// <summary>A step without momentum: <c>w += -rate * (g + decay * w)</c>.</summary>
    public static void Step(Span<float> values, ReadOnlySpan<float> gradients, float decay, float negativeRate)
    {
        var ws = MemoryMarshal.Cast<float, Vector<float>>(values);
        var gs = MemoryMarshal.Cast<float, Vector<float>>(gradients)[..ws.Length];
        for (var index = 0; index < ws.Length; index++)
        {
            var gradient = decay == 0 ? gs[index] : gs[index] + (ws[index] * decay);
            ws[index] += gradient * negativeRate;
        }

        for (var index = ws.Length * Vector<float>.Count; index < values.Length; index++)
        {
            var gradient = decay == 0 ? gradients[index] : gradients[index] + (values[index] * decay);
            values[index] += gradient * negativeRate;
        }
    }

    /// <summary>
    /// A step with momentum: <c>b = momentum * b + fresh * g; w += -rate * b</c>, or with Nesterov <c>w += -rate * (g + momentum * b)</c>.
    /// </summary>
    public static void Step(Span<float> values, ReadOnlySpan<float> gradients, Span<float> buffer, in SgdFactors factors)
    {
        var ws = MemoryMarshal.Cast<float, Vector<float>>(values);
        var gs = MemoryMarshal.Cast<float, Vector<float>>(gradients)[..ws.Length];
        var bs = MemoryMarshal.Cast<float, Vector<float>>(buffer)[..ws.Length];
        for (var index = 0; index < ws.Length; index++)
        {
            var gradient = factors.Decay == 0 ? gs[index] : gs[index] + (ws[index] * factors.Decay);
            var moved = factors.First ? gradient : (bs[index] * factors.Momentum) + (gradient * factors.Fresh);
            bs[index] = moved;
            ws[index] += (factors.Nesterov ? gradient + (moved * factors.Momentum) : moved) * factors.NegativeRate;
        }

        for (var index = ws.Length * Vector<float>.Count; index < values.Length; index++)
        {
            var gradient = factors.Decay == 0 ? gradients[index] : gradients[index] + (values[index] * factors.Decay);
            var moved = factors.First ? gradient : (buffer[index] * factors.Momentum) + (gradient * factors.Fresh);
            buffer[index] = moved;
            values[index] += (factors.Nesterov ? gradient + (moved * factors.Momentum) : moved) * factors.NegativeRate;
        }
    }
}
