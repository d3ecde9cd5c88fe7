using System.Runtime.InteropServices;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Contract;

/// <summary>
/// A network of one hidden layer with statistics like batch normalization's, trained on drawn examples: small, managed, and with everything
/// that a resumed run has to get back (moments, random numbers, a schedule, buffers). Deterministic.
/// </summary>
public sealed class TinyTrainer
{
    private const int Inputs = 16;
    private const int Hidden = 24;
    private const int Classes = 5;
    private const int Batch = 8;

    private readonly byte[][] tensors;
    private readonly float[][] gradients;

    /// <summary>Begins at the base.</summary>
    /// <param name="random">Draws the examples.</param>
    public TinyTrainer(SeededRandom random)
    {
        Random = random;
        tensors = [.. Layout.Tensors.Select(tensor => new byte[tensor.Bytes])];
        gradients = [.. Layout.Tensors.Select(tensor => new float[tensor.Type == DType.F32 ? tensor.Elements : 0])];
        var initial = new SeededRandom(1);
        foreach (var tensor in new[] { 0, 2 })
        {
            foreach (ref var weight in Floats(tensor))
            {
                weight = (float)(0.3 * initial.NextGaussian());
            }
        }

        Mask = MaskSelection.Random(Layout, new MaskRule { Ratio = 0.1, Trainable = IsWeight }, 7);
        Optimizer = new MaskedAdamW(Mask, new AdamWOptions { LearningRate = 0.01 });
    }

    public static Layout Layout { get; } = new(
    [
        new TensorInfo("fc1.weight", DType.F32, [Hidden, Inputs]), new TensorInfo("fc1.bias", DType.F32, [Hidden]),
        new TensorInfo("fc2.weight", DType.F32, [Classes, Hidden]), new TensorInfo("fc2.bias", DType.F32, [Classes]),
        new TensorInfo("bn.running_mean", DType.F32, [Hidden]), new TensorInfo("bn.num_batches_tracked", DType.I64, [1]),
    ]);

    public SeededRandom Random { get; }

    public Mask Mask { get; private set; }

    public MaskedAdamW Optimizer { get; }

    /// <summary>The parts of a trainer state.</summary>
    public IReadOnlyDictionary<string, IResumable> State =>
        new Dictionary<string, IResumable>(StringComparer.Ordinal) { ["optimizer"] = Optimizer, ["rng"] = Random };

    public static bool IsWeight(TensorInfo tensor) => tensor.Name.StartsWith("fc", StringComparison.Ordinal);

    public Span<byte> BytesOf(int tensor) => tensors[tensor];

    public Span<float> Floats(int tensor) => MemoryMarshal.Cast<byte, float>(tensors[tensor].AsSpan());

    /// <summary>The model as the file that it would be saved as.</summary>
    public byte[] ToFile() => [.. HeaderWriter.Create(Layout.Tensors).ToFileBytes(), .. tensors.SelectMany(bytes => bytes)];

    public void SetMask(Mask mask)
    {
        Mask = mask;
        Optimizer.SetMask(mask);
    }

    /// <summary>Another mask of as many positions, drawn from the trainer's own random numbers.</summary>
    public Mask DrawMask() => MaskSelection.Random(Layout, new MaskRule { Ratio = 0.1, Trainable = IsWeight }, (long)Random.Next());

    /// <summary>One optimizer step.</summary>
    /// <returns>Its loss.</returns>
    public double Step(long step)
    {
        Array.ForEach(gradients, Array.Clear);
        var loss = 0.0;
        for (var example = 0; example < Batch; example++)
        {
            loss += Learn() / Batch;
        }

        MemoryMarshal.Cast<byte, long>(tensors[5].AsSpan())[0]++;
        Optimizer.LearningRate = LearningRates.Cosine(step, 5, 400, 0.01);
        Optimizer.Step(Floats, tensor => gradients[tensor]);
        return loss;
    }

    // Forward and backward of one example: tanh, softmax, cross entropy.
    private double Learn()
    {
        Span<float> input = stackalloc float[Inputs];
        foreach (ref var value in input)
        {
            value = (float)Random.NextGaussian();
        }

        var label = (int)(MathF.Abs(input[0] + (2 * input[3]) - input[7]) * 1.7f) % Classes;
        Span<float> hidden = stackalloc float[Hidden];
        for (var unit = 0; unit < Hidden; unit++)
        {
            var sum = Floats(1)[unit];
            for (var index = 0; index < Inputs; index++)
            {
                sum += Floats(0)[(unit * Inputs) + index] * input[index];
            }

            Floats(4)[unit] += 0.1f * (sum - Floats(4)[unit]);
            hidden[unit] = MathF.Tanh(sum - (0.5f * Floats(4)[unit]));
        }

        Span<float> output = stackalloc float[Classes];
        for (var unit = 0; unit < Classes; unit++)
        {
            output[unit] = Floats(3)[unit];
            for (var index = 0; index < Hidden; index++)
            {
                output[unit] += Floats(2)[(unit * Hidden) + index] * hidden[index];
            }
        }

        var total = 0f;
        foreach (ref var value in output)
        {
            total += value = MathF.Exp(value);
        }

        var loss = -Math.Log(output[label] / total);
        Span<float> back = stackalloc float[Hidden];
        for (var unit = 0; unit < Classes; unit++)
        {
            var error = ((output[unit] / total) - (unit == label ? 1 : 0)) / Batch;
            gradients[3][unit] += error;
            for (var index = 0; index < Hidden; index++)
            {
                gradients[2][(unit * Hidden) + index] += error * hidden[index];
                back[index] += error * Floats(2)[(unit * Hidden) + index];
            }
        }

        for (var unit = 0; unit < Hidden; unit++)
        {
            var error = back[unit] * (1 - (hidden[unit] * hidden[unit]));
            gradients[1][unit] += error;
            for (var index = 0; index < Inputs; index++)
            {
                gradients[0][(unit * Inputs) + index] += error * input[index];
            }
        }

        return loss;
    }
}
