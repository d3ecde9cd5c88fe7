using System.Collections;
using System.Reflection;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// A learning rate scheduler of TorchSharp: where it stands, and the rates of its optimizer. Give it the scheduler of a resumed run, made
/// as before; its numbers are then those of the run that saved.
/// </summary>
/// <remarks>
/// TorchSharp's schedulers have no state dictionary. As PyTorch's do, this keeps every number, flag and word that the scheduler holds, the
/// private ones too, and those of schedulers inside of it; functions are not kept. They belong to this version of TorchSharp: another one
/// may refuse them (STATE_MISMATCH).
/// </remarks>
public sealed class TorchSchedule : IResumable
{
    private const string RateKey = "learning_rate/";
    private const string InitialKey = "initial_learning_rate/";

    private readonly torch.optim.lr_scheduler.LRScheduler scheduler;
    private readonly torch.optim.Optimizer optimizer;

    /// <summary>Takes part for a scheduler.</summary>
    /// <param name="scheduler">The scheduler. Not owned.</param>
    /// <param name="optimizer">The optimizer whose rates it sets. Not owned.</param>
    public TorchSchedule(torch.optim.lr_scheduler.LRScheduler scheduler, torch.optim.Optimizer optimizer) =>
        (this.scheduler, this.optimizer) = (scheduler, optimizer);

    /// <inheritdoc/>
    public void SaveTo(StateSection state)
    {
        Each(scheduler, string.Empty, (name, field, target) => Fields.Save(state, name, field, target));
        foreach (var (index, group) in optimizer.ParamGroups.Index())
        {
            state.Set($"{RateKey}{index}", group.LearningRate);
            state.Set($"{InitialKey}{index}", group.InitialLearningRate);
        }
    }

    /// <inheritdoc/>
    public void Check(StateSection state)
    {
        Each(scheduler, string.Empty, (name, field, target) => Fields.Check(state, name, field, target));
        foreach (var (index, _) in optimizer.ParamGroups.Index())
        {
            state.Double($"{RateKey}{index}");
            state.Double($"{InitialKey}{index}");
        }
    }

    /// <inheritdoc/>
    public void LoadFrom(StateSection state)
    {
        Check(state);
        Each(scheduler, string.Empty, (name, field, target) => Fields.Load(state, name, field, target));
        foreach (var (index, group) in optimizer.ParamGroups.Index())
        {
            (group.LearningRate, group.InitialLearningRate) = (state.Double($"{RateKey}{index}"), state.Double($"{InitialKey}{index}"));
        }
    }

    private static void Each(torch.optim.lr_scheduler.LRScheduler target, string prefix, Action<string, FieldInfo, object> visit)
    {
        foreach (var (name, field) in Fields.Of(target))
        {
            if (field.GetValue(target) is IEnumerable items and not string && items.OfType<torch.optim.lr_scheduler.LRScheduler>().Any())
            {
                foreach (var (index, inner) in items.OfType<torch.optim.lr_scheduler.LRScheduler>().Index())
                {
                    Each(inner, $"{prefix}{name}.{index}.", visit);
                }
            }
            else
            {
                visit(prefix + name, field, target);
            }
        }
    }
}
