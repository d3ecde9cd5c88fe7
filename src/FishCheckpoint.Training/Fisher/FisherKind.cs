namespace FishCheckpoint.Training;

/// <summary>Which labels the Fisher information takes an example's gradients at (Sung, Nair, Raffel 2021, section 2.1).</summary>
public enum FisherKind
{
    /// <summary>The true one: the empirical Fisher information (equation 4). One gradient an example.</summary>
    Empirical,

    /// <summary>
    /// Each one, weighted with the probability that the model gives it: the expectation over p(y|x), computed (equation 3). One gradient
    /// for each label of an example; no true labels are needed.
    /// </summary>
    Expected,

    /// <summary>
    /// One drawn from p(y|x): the expectation of equation 3, estimated by a single draw, for many labels. One gradient an example; no true
    /// labels are needed.
    /// </summary>
    Sampled,
}
