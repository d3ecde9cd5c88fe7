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
        [.. module.named_parameters().SelectMany(pair => Of(pair.parameter)), .. module.named_buffers().SelectMany(pair => Of(pair.buffer))];

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
