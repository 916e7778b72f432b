"""EfficientNet as one description with many readers: cost, network, figures, quizzes. No Streamlit in here."""
