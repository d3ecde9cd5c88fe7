using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Demo;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>
/// Synthetic: each step draws a new mask of 2% of all positions uniformly, which is the worst case: no step repeats anything of the one
/// before. Values move by a few units in the last place, or are new random values, which no code can compress.
/// </summary>
internal sealed class UniformSteps : ISteps
{
    private const int Side = 512;
    private const int Tensors = 2;

    private readonly SeededRandom random = new(11);
    private readonly byte[][] data;
    private readonly DType type;
    private readonly int moves;

    /// <param name="type">BF16 or F32.</param>
    /// <param name="moves">How far a value moves at most, in units of its last place; 0: each value is a new random one.</param>
    public UniformSteps(DType type, int moves)
    {
        (this.type, this.moves) = (type, moves);
        Layout = new Layout(
            [.. Enumerable.Range(0, Tensors).Select(index => new TensorInfo($"layers.{index}.weight", type, [Side, Side]))]);
        data = [.. Layout.Tensors.Select(tensor => new byte[tensor.Bytes])];
        for (var tensor = 0; tensor < Tensors; tensor++)
        {
            for (var index = 0; index < Side * Side; index++)
            {
                Set(tensor, index, Bits((float)(random.NextGaussian() * 0.02)));
            }
        }
    }

    public string Name =>
        $"uniform, {type}: {(moves == 0 ? "new random values" : $"values moved by up to {moves} units in the last place")} (synthetic)";

    public Layout Layout { get; }

    public ReadOnlySpan<byte> BytesOf(int tensor) => data[tensor];

    public Delta Next()
    {
        var masks = new List<TensorMask>();
        for (var tensor = 0; tensor < Tensors; tensor++)
        {
            var positions = new SortedSet<long>();
            while (positions.Count < Side * Side / 50)
            {
                positions.Add(random.Below(Side * Side));
            }

            foreach (var position in positions)
            {
                Move(tensor, (int)position);
            }

            masks.Add(new TensorMask(tensor, positions.ToArray()));
        }

        return MaskedState.Gather(Mask.Create(Layout, masks), tensor => data[tensor]);
    }

    private void Move(int tensor, int index)
    {
        var by = 1 + random.Below(Math.Max(1, moves));
        Set(
            tensor, index,
            moves == 0 ? Bits((float)(random.NextGaussian() * 0.02)) : (uint)(Get(tensor, index) + (random.Below(2) == 0 ? by : -by)));
    }

    private uint Bits(float value) =>
        type == DType.F32 ? BitConverter.SingleToUInt32Bits(value) : BitConverter.SingleToUInt32Bits(value) >> 16;

    private uint Get(int tensor, int index) => type == DType.F32
        ? MemoryMarshal.Cast<byte, uint>(data[tensor].AsSpan())[index] : MemoryMarshal.Cast<byte, ushort>(data[tensor].AsSpan())[index];

    private void Set(int tensor, int index, uint bits)
    {
        if (type == DType.F32)
        {
            MemoryMarshal.Cast<byte, uint>(data[tensor].AsSpan())[index] = bits;
        }
        else
        {
            MemoryMarshal.Cast<byte, ushort>(data[tensor].AsSpan())[index] = (ushort)bits;
        }
    }
}

/// <summary>A model that goes on step by step, each step on a mask of its own.</summary>
internal interface ISteps
{
    /// <summary>What it is, for the table.</summary>
    string Name { get; }

    /// <summary>Its tensors.</summary>
    Layout Layout { get; }

    /// <summary>The current bytes of a tensor.</summary>
    ReadOnlySpan<byte> BytesOf(int tensor);

    /// <summary>Goes one step on.</summary>
    /// <returns>What changed.</returns>
    Delta Next();
}

/// <summary>
/// Real training: the demo's network on digits turned by 90 degrees, from a base trained on upright ones. Before each step the Fisher
/// information is summed again over 256 images, and the 2% of highest scores are trained on for some batches: the paper's checkpointing,
/// whose mask changes every epoch.
/// </summary>
internal sealed class DigitSteps : ISteps
{
    private const int BatchSize = 32;
    private const int BatchesPerStep = 8;
    private const int FisherSamples = 256;
    private const double Ratio = 0.02;
    private const double Rate = 0.02;

    private readonly SeededRandom random = new(7);
    private readonly Samples samples;
    private readonly Mlp model;

    public DigitSteps()
    {
        var digits = Digits.Load();
        var run = new DemoTrainer(digits).PrepareBase();
        run.Train();
        model = run.Model;
        samples = DemoTasks.All[0].Derive(digits.Train);
    }

    public string Name => "digits, float32: a new FISH mask of 2% each step (real training)";

    public Layout Layout => model.Layout;

    public ReadOnlySpan<byte> BytesOf(int tensor) => model.BytesOf(tensor);

    public Delta Next()
    {
        var order = Enumerable.Range(0, samples.Count).ToArray();
        random.Shuffle<int>(order);
        var mask = MaskSelection.Fish(Fisher(order.AsSpan(0, FisherSamples)), new MaskRule { Ratio = Ratio });
        var sgd = new DemoSgd(new MlpPass(model, BatchSize), mask, momentum: 0.9);
        for (var batch = 0; batch < BatchesPerStep; batch++)
        {
            sgd.Step(samples, order.AsSpan(FisherSamples + (batch * BatchSize), BatchSize), Rate);
        }

        return MaskedState.Gather(mask, tensor => model.BytesOf(tensor));
    }

    private FisherInformation Fisher(ReadOnlySpan<int> chosen)
    {
        var (information, pass) = (new FisherInformation(model.Layout), new MlpPass(model, 1));
        var gradients = model.Parameters.Select(values => new float[values.Length]).ToArray();
        foreach (var sample in chosen)
        {
            pass.Forward(samples, [sample]);
            pass.Backward([samples.Labels[sample]], 1);
            for (var tensor = 0; tensor < gradients.Length; tensor++)
            {
                Gradients.Whole(pass, tensor, gradients[tensor]);
                information.Add(tensor, gradients[tensor]);
            }
        }

        return information;
    }
}
