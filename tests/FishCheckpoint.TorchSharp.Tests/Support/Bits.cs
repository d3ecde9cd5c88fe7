using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>Raw bits of models, and masks to try.</summary>
internal static class Bits
{
    /// <summary>All bytes of a tensor, in the order of its shape: the plain way.</summary>
    public static byte[] Of(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        return tensor.detach().cpu().contiguous().bytes.ToArray();
    }

    /// <summary>All parameters and buffers of a module, one after another.</summary>
    public static byte[] Of(torch.nn.Module module) =>
        [
            .. module.named_parameters().SelectMany(pair => Of(pair.parameter)),
            .. module.named_buffers().SelectMany(pair => Of(pair.buffer))];

    /// <summary>Some positions of each tensor that trains; all of one.</summary>
    public static Mask MaskOf(TorchModel model, double density, int seed, string? whole = null)
    {
        var random = new Random(seed);
        return Mask.Create(model.Layout, model.Layout.Tensors.Index().Where(pair => model.Trains(pair.Item)).Select(pair => new TensorMask(
            pair.Index, Positions(pair.Item, pair.Item.Name == whole ? 1 : density, random))));
    }

    public static void Same(torch.nn.Module expected, torch.nn.Module actual) => Same(
        expected.named_parameters().Select(pair => (pair.name, (torch.Tensor)pair.parameter)).Concat(expected.named_buffers()),
        actual.named_parameters().Select(pair => (pair.name, (torch.Tensor)pair.parameter)).Concat(actual.named_buffers()));

    public static void SameParameters(torch.nn.Module expected, torch.nn.Module actual) => Same(
        expected.named_parameters().Select(pair => (pair.name, (torch.Tensor)pair.parameter)),
        actual.named_parameters().Select(pair => (pair.name, (torch.Tensor)pair.parameter)));

    public static void Same(IEnumerable<(string Name, torch.Tensor Value)> expected, IEnumerable<(string Name, torch.Tensor Value)> actual)
    {
        foreach (var (left, right) in expected.Zip(actual))
        {
            Assert.True(Of(left.Value).AsSpan().SequenceEqual(Of(right.Value)), $"{left.Name} differs.");
        }
    }

    private static long[] Positions(TensorInfo tensor, double density, Random random) =>
        [.. Enumerable.Range(0, (int)tensor.Units).Where(_ => random.NextDouble() < density).Select(position => (long)position)];
}

/// <summary>Tensors of one shape and of the same values that lie differently in memory.</summary>
internal static class Strided
{
    public const string Contiguous = "contiguous";

    public static readonly long[] Shape = [2, 3, 4, 5];

    /// <summary>The ways to lie in memory that are tried.</summary>
    public static string[] Ways => [Contiguous, "transposed", "channels-last", "reversed", "sliced"];

    /// <summary>A module with one parameter <c>w</c> of some values, which lies as a way says.</summary>
    public static Held Module(string way, int seed, torch.ScalarType type = torch.ScalarType.Float32) =>
        new([("w", Of(way, Values(seed, type)))]);

    /// <summary>Some values in the plain order.</summary>
    public static torch.Tensor Values(int seed, torch.ScalarType type = torch.ScalarType.Float32) =>
        torch.linspace(-seed, 1, Shape.Aggregate((all, size) => all * size)).sin().reshape(Shape).to(type);

    /// <summary>The values of a tensor of <see cref="Shape"/>, lying as a way says.</summary>
    public static torch.Tensor Of(string way, torch.Tensor plain) => way switch
    {
        Contiguous => plain.clone(),
        "transposed" => plain.transpose(0, 3).contiguous().transpose(0, 3),
        "channels-last" => plain.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2),
        "reversed" => plain.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0),
        _ => Window(torch.zeros([5, 4, 8, 9], plain.dtype)).copy_(plain),
    };

    /// <summary>The part of a tensor of [5, 4, 8, 9] that "sliced" ones lie in: with gaps, and not at its beginning.</summary>
    public static torch.Tensor Window(torch.Tensor memory) =>
        memory.slice(0, 1, 5, 2).slice(1, 1, 4, 1).slice(2, 0, 8, 2).slice(3, 2, 7, 1);
}
