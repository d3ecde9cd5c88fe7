using FishCheckpoint.Training;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>A small training loop, and copies of what it changes.</summary>
internal static class Loop
{
    public static torch.Tensor Inputs { get; } = torch.linspace(-2, 2, 32 * Classifier.Inputs).reshape(32, Classifier.Inputs).sin()
        .DetachFromDisposeScope();

    private static torch.Tensor Targets { get; } = (torch.arange(32, torch.int64) * 7).remainder(Classifier.Labels)
        .DetachFromDisposeScope();

    /// <summary>Leaves the gradients of one step in the net; the draws of dropout go by the step.</summary>
    public static double Backward(Classifier net, torch.optim.Optimizer optimizer, int step)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1000 + step);
        optimizer.zero_grad();
        var loss = torch.nn.functional.cross_entropy(net.call(Inputs), Targets);
        loss.backward();
        return loss.item<float>();
    }

    public static void CopyGradients(torch.nn.Module from, torch.nn.Module to)
    {
        foreach (var (source, target) in from.parameters().Zip(to.parameters()))
        {
            using var gradient = source.grad!;
            using var copy = gradient.clone();
            target.grad = copy;
        }
    }

    public static byte[][] Copy(TorchModel model) => [.. model.Layout.Tensors.Index().Select(pair =>
    {
        var bytes = new byte[pair.Item.Bytes];
        model.Read(pair.Index, 0, bytes);
        return bytes;
    })];

    public static void Restore(TorchModel model, byte[][] copy)
    {
        foreach (var (tensor, bytes) in copy.Index())
        {
            model.Write(tensor, 0, bytes);
        }
    }

    public static byte[] BytesOf(TrainerState state)
    {
        using var content = state.OpenRead();
        var bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        return bytes;
    }

    public static void AssertClose(torch.nn.Module expected, torch.nn.Module actual, double tolerance = 1e-4)
    {
        foreach (var (left, right) in expected.named_parameters().Zip(actual.named_parameters()))
        {
            using var scope = torch.NewDisposeScope();
            Assert.True(torch.allclose(left.parameter, right.parameter, tolerance, tolerance / 10), $"{left.name} differs.");
        }
    }
}
