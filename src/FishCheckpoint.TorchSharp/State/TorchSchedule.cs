using System.Collections;
using System.Reflection;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// A TorchSharp learning rate scheduler: its progress, and the rates of its optimizer. Give it the scheduler of a resumed run, created as
/// before; loading sets its numbers to those of the saved run.
/// </summary>
/// <remarks>
/// TorchSharp's schedulers have no state dictionary. Like PyTorch's, this saves every number, flag and string of the scheduler, including
/// private ones and those of nested schedulers; functions are not saved. The fields belong to this version of TorchSharp: another version
/// may refuse them (STATE_MISMATCH).
/// </remarks>
public sealed class TorchSchedule : IResumable
{
    private const string RateKey = "learning_rate/";
    private const string InitialKey = "initial_learning_rate/";

    private readonly torch.optim.lr_scheduler.LRScheduler scheduler;
    private readonly torch.optim.Optimizer optimizer;

    /// <summary>Creates the part for a scheduler.</summary>
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
