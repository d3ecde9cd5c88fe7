using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.Optimizers;

public sealed class MaskedGradientsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Apply_KeepsTheMaskedGradientsAndZeroesTheRest(bool asDevice)
    {
        using var module = new Held(
            [("w", torch.zeros(4, 6)), ("v", torch.zeros(3)), ("turned", torch.zeros(2, 3).t()), ("none", torch.zeros(2))]);
        using var model = new TorchModel(module, null, asDevice);
        var mask = Mask.Create(model.Layout, [new TensorMask(0, new long[] { 0, 7, 23 }), new TensorMask(2, new long[] { 1, 2 })]);
        module.get_parameter("w")!.grad = torch.full([4, 6], float.NaN);
        module.get_parameter("v")!.grad = torch.ones(3);
        module.get_parameter("turned")!.grad = torch.arange(1, 7, torch.float32).reshape(3, 2);
        using var gradients = new MaskedGradients(model);
        gradients.Apply(mask);

        var w = Values(module, "w");
        Assert.Equal([0, 7, 23], Enumerable.Range(0, 24).Where(index => float.IsNaN(w[index])));
        Assert.Equal(21, w.Count(value => value == 0));
        Assert.Equal([0f, 0, 0], Values(module, "v"));
        Assert.Equal([0f, 2, 3, 0, 0, 0], Values(module, "turned"));
        Assert.True(module.get_parameter("none")!.grad is null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Apply_TiedParameters_MasksTheGradientsOfBoth(bool oneObject)
    {
        using var net = new TiedNet(oneObject);
        using var model = new TorchModel(net);
        using var gradients = new MaskedGradients(model);
        net.Embedding.grad = torch.ones(5, 4);
        net.Output.grad = torch.ones(5, 4);
        gradients.Apply(Mask.Create(model.Layout, [new TensorMask(0, new long[] { 3, 19 })]));

        foreach (var parameter in (torch.Tensor[])[net.Embedding, net.Output])
        {
            using var gradient = parameter.grad!;
            Assert.Equal([3, 19], gradient.data<float>().ToArray().Index().Where(pair => pair.Item != 0).Select(pair => pair.Index));
        }
    }

    [Fact]
    public void Apply_MaskOfAnotherLayout_IsRefused()
    {
        using var module = new Held([("w", torch.zeros(4))]);
        using var gradients = new MaskedGradients(new TorchModel(module));
        var other = Mask.Dense(new Layout([new("w", DType.F32, [5])]));
        Assert.Equal(ErrorCode.LayoutMismatch, Assert.Throws<FishException>(() => gradients.Apply(other)).Code);
    }

    private static float[] Values(Held module, string name)
    {
        using var scope = torch.NewDisposeScope();
        return module.get_parameter(name)!.grad!.contiguous().data<float>().ToArray();
    }
}
