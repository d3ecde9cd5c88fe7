using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FishCheckpoint.Demo;

/// <summary>
/// The row-major matrix products of the demo's model. They always use 8 lanes and fused multiply-adds, so the order of additions is the
/// same on every machine.
/// </summary>
internal static unsafe class Kernels
{
    private const int Lanes = 8;

    /// <summary>A layer's forward pass: <c>y[r, o] = bias[o] + sum over i of x[r, i] * w[o, i]</c>.</summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="w">[outputs, inputs].</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="y">[rows, outputs]; overwritten.</param>
    /// <param name="rows">Images of the batch.</param>
    public static void Linear(ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> bias, Span<float> y, int rows)
    {
        var outputs = bias.Length;
        var inputs = w.Length / outputs;
        x = x[..(rows * inputs)];
        y = y[..(rows * outputs)];
        fixed (float* xs = x, ws = w, ys = y)
        {
            for (var output = 0; output < outputs; output += 2)
            {
                var second = Math.Min(output + 1, outputs - 1);
                var row = 0;
                for (; row <= rows - 4; row += 4)
                {
                    Dots(xs + (row * inputs), ws + (output * inputs), ws + (second * inputs), inputs, ys + (row * outputs), outputs,
                        output, second);
                }

                for (; row < rows; row++)
                {
                    ys[(row * outputs) + output] = Dot(xs + (row * inputs), ws + (output * inputs), inputs);
                    ys[(row * outputs) + second] = Dot(xs + (row * inputs), ws + (second * inputs), inputs);
                }
            }
        }

        for (var index = 0; index < y.Length; index++)
        {
            y[index] += bias[index % outputs];
        }
    }

    /// <summary>
    /// <c>c[i, n] += sum over k of a[i * strideI + k * strideK] * b[k, n]</c>. With the strides of the deltas this is a layer's backward
    /// pass; with those of their transpose, its weight gradient.
    /// </summary>
    public static void AddProduct(
        ReadOnlySpan<float> a, int strideI, int strideK, ReadOnlySpan<float> b, Span<float> c, int rows, int inner, int columns)
    {
        b = b[..(inner * columns)];
        c = c[..(rows * columns)];
        fixed (float* bs = b, cs = c)
        {
            for (var k = 0; k < inner; k += 4)
            {
                var used = Math.Min(4, inner - k);
                for (var i = 0; i < rows; i++)
                {
                    var (a0, a1, a2, a3) = (At(a, 0), At(a, 1), At(a, 2), At(a, 3));
                    if (a0 != 0 || a1 != 0 || a2 != 0 || a3 != 0)
                    {
                        Accumulate(cs + (i * columns), bs + (k * columns), used, columns, a0, a1, a2, a3);
                    }

                    float At(ReadOnlySpan<float> values, int part) => part < used ? values[(i * strideI) + ((k + part) * strideK)] : 0;
                }
            }
        }
    }

    /// <summary>
    /// ReLU and its derivative: clears <paramref name="values"/> if <paramref name="gate"/> is not positive. Both may be the same.
    /// </summary>
    public static void ClearWhereNotPositive(ReadOnlySpan<float> gate, Span<float> values)
    {
        fixed (float* gates = gate[..values.Length], targets = values)
        {
            var index = 0;
            for (; index <= values.Length - Lanes; index += Lanes)
            {
                var open = Vector256.GreaterThan(Vector256.Load(gates + index), Vector256<float>.Zero);
                (Vector256.Load(targets + index) & open).Store(targets + index);
            }

            for (; index < values.Length; index++)
            {
                targets[index] = gates[index] > 0 ? targets[index] : 0;
            }
        }
    }

    /// <summary>The dot product of two spans of equal length.</summary>
    public static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        fixed (float* lefts = left, rights = right[..left.Length])
        {
            return Dot(lefts, rights, left.Length);
        }
    }

    private static float Dot(float* left, float* right, int length)
    {
        var sum = Vector256<float>.Zero;
        var index = 0;
        for (; index <= length - Lanes; index += Lanes)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(left + index), Vector256.Load(right + index), sum);
        }

        return Finish(sum, left, right, index, length);
    }

    private static void Dots(float* x, float* w0, float* w1, int inputs, float* y, int stride, int first, int second)
    {
        float* x1 = x + inputs, x2 = x1 + inputs, x3 = x2 + inputs;
        Vector256<float> s00 = default, s10 = default, s20 = default, s30 = default, s01 = default, s11 = default, s21 = default,
        s31 = default;
        var index = 0;
        for (; index <= inputs - Lanes; index += Lanes)
        {
            var (left, right) = (Vector256.Load(w0 + index), Vector256.Load(w1 + index));
            var value = Vector256.Load(x + index);
            s00 = Vector256.FusedMultiplyAdd(value, left, s00);
            s01 = Vector256.FusedMultiplyAdd(value, right, s01);
            value = Vector256.Load(x1 + index);
            s10 = Vector256.FusedMultiplyAdd(value, left, s10);
            s11 = Vector256.FusedMultiplyAdd(value, right, s11);
            value = Vector256.Load(x2 + index);
            s20 = Vector256.FusedMultiplyAdd(value, left, s20);
            s21 = Vector256.FusedMultiplyAdd(value, right, s21);
            value = Vector256.Load(x3 + index);
            s30 = Vector256.FusedMultiplyAdd(value, left, s30);
            s31 = Vector256.FusedMultiplyAdd(value, right, s31);
        }

        y[first] = Finish(s00, x, w0, index, inputs);
        y[second] = Finish(s01, x, w1, index, inputs);
        y[stride + first] = Finish(s10, x1, w0, index, inputs);
        y[stride + second] = Finish(s11, x1, w1, index, inputs);
        y[(2 * stride) + first] = Finish(s20, x2, w0, index, inputs);
        y[(2 * stride) + second] = Finish(s21, x2, w1, index, inputs);
        y[(3 * stride) + first] = Finish(s30, x3, w0, index, inputs);
        y[(3 * stride) + second] = Finish(s31, x3, w1, index, inputs);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish(Vector256<float> sum, float* left, float* right, int index, int length)
    {
        var total = Vector256.Sum(sum);
        for (; index < length; index++)
        {
            total = float.FusedMultiplyAdd(left[index], right[index], total);
        }

        return total;
    }

    // Four rows of b at once (fewer at the end, with factors of 0 for the first row), so that c is read and written once for them.
    private static void Accumulate(float* c, float* b, int used, int columns, float a0, float a1, float a2, float a3)
    {
        float* b1 = used > 1 ? b + columns : b, b2 = used > 2 ? b + (2 * columns) : b, b3 = used > 3 ? b + (3 * columns) : b;
        var (v0, v1, v2, v3) = (Vector256.Create(a0), Vector256.Create(a1), Vector256.Create(a2), Vector256.Create(a3));
        var index = 0;
        for (; index <= columns - Lanes; index += Lanes)
        {
            var sum = Vector256.FusedMultiplyAdd(v0, Vector256.Load(b + index), Vector256.Load(c + index));
            sum = Vector256.FusedMultiplyAdd(v1, Vector256.Load(b1 + index), sum);
            sum = Vector256.FusedMultiplyAdd(v2, Vector256.Load(b2 + index), sum);
            Vector256.FusedMultiplyAdd(v3, Vector256.Load(b3 + index), sum).Store(c + index);
        }

        for (; index < columns; index++)
        {
            var sum = float.FusedMultiplyAdd(a0, b[index], c[index]);
            sum = float.FusedMultiplyAdd(a1, b1[index], sum);
            sum = float.FusedMultiplyAdd(a2, b2[index], sum);
            c[index] = float.FusedMultiplyAdd(a3, b3[index], sum);
        }
    }
}
