using FishCheckpoint.Masks;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp.Tests.Optimizers;

/// <summary>An optimizer three times: TorchSharp's on all values, ours on a mask, and the domain's.</summary>
internal static class DenseCase
{
    private const double Rate = 0.02;

    public static string[] Names => ["sgd", "sgd-momentum", "sgd-nesterov", "adam", "adam-small", "adamw"];

    // Decay changes what lies off a mask in a dense optimizer: it is compared on a whole mask only.
    public static torch.optim.Optimizer Dense(string name, torch.nn.Module net, bool decayed) => name switch
    {
        "sgd" => torch.optim.SGD(net.parameters(), Rate, weight_decay: Decay(decayed)),
        "sgd-momentum" => torch.optim.SGD(net.parameters(), Rate, momentum: 0.9, dampening: 0.2, weight_decay: Decay(decayed)),
        "sgd-nesterov" => torch.optim.SGD(net.parameters(), Rate, momentum: 0.9, nesterov: true, weight_decay: Decay(decayed)),
        "adam" => torch.optim.Adam(net.parameters(), Rate, weight_decay: Decay(decayed)),
        "adam-small" => torch.optim.Adam(net.parameters(), Rate, beta1: 0.3, beta2: 0.99, eps: 1e-6, weight_decay: Decay(decayed)),
        _ => torch.optim.AdamW(net.parameters(), Rate, weight_decay: Decay(decayed)),
    };

    public static TorchMaskedOptimizer Masked(
        string name, TorchModel model, Mask mask, StepArithmetic arithmetic, bool decayed = false) => name switch
    {
        "adam" or "adam-small" => TorchMaskedOptimizer.Adam(model, mask, Adam(name, decayed), arithmetic),
        "adamw" => TorchMaskedOptimizer.AdamW(model, mask, AdamW(decayed), arithmetic),
        _ => TorchMaskedOptimizer.Sgd(model, mask, Sgd(name, decayed), arithmetic),
    };

    public static MaskedOptimizer Reference(string name, Mask mask) => name switch
    {
        "adam" or "adam-small" => new MaskedAdam(mask, Adam(name, false)),
        "adamw" => new MaskedAdamW(mask, AdamW(false)),
        _ => new MaskedSgd(mask, Sgd(name, false)),
    };

    private static double Decay(bool decayed) => decayed ? 0.1 : 0;

    private static SgdOptions Sgd(string name, bool decayed) => new()
    {
        LearningRate = Rate, Momentum = name == "sgd" ? 0 : 0.9, Dampening = name == "sgd-momentum" ? 0.2 : 0,
            Nesterov = name == "sgd-nesterov", WeightDecay = Decay(decayed),
    };

    private static AdamOptions Adam(string name, bool decayed) => name == "adam"
        ? new() { LearningRate = Rate, WeightDecay = Decay(decayed) }
        : new() { LearningRate = Rate, Beta1 = 0.3, Beta2 = 0.99, Epsilon = 1e-6, WeightDecay = Decay(decayed) };

    private static AdamWOptions AdamW(bool decayed) => new() { LearningRate = Rate, WeightDecay = Decay(decayed) };
}
